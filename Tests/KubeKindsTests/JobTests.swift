import Foundation
import KubeCore
import KubeKindsBatch
import Testing

@Suite struct JobTests {
  @Test(arguments: [
    ([("Complete", "True")], true), ([("Failed", "True")], true), ([], false),
    ([("Complete", "False"), ("Suspended", "True"), ("FailureTarget", "True")], false),
    ([("SuccessCriteriaMet", "True"), ("Complete", "Unknown")], false),
  ])
  func `a Job is finished once it is complete or failed`(conditions: [(String, String)], isFinished: Bool)
    throws
  {
    let list = conditions.map { type, status -> JSONValue in
      ["type": .string(type), "status": .string(status), "lastTransitionTime": "2026-11-29T10:00:00Z"]
    }
    let job = try Job(
      from: FieldReader([
        "apiVersion": "batch/v1", "kind": "Job", "metadata": ["name": "a"],
        "status": ["conditions": .array(list)],
      ]))
    #expect(job.isFinished == isFinished)
    let time = Timestamp(rfc3339: "2026-11-29T10:00:00Z")?.date
    #expect(job.finishedCondition?.lastTransitionTime == (isFinished ? time : nil))
  }
}
