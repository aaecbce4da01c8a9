import Foundation
import KubeCore
import KubeMemory
import Testing

/// What the server requires of a CronJob, in kube-apiserver's words.
@Suite struct CronJobRulesTests {
  private static let path = "/apis/batch/v1/namespaces/default/cronjobs"

  private func cronJob(_ schedule: String, timeZone: String? = nil, name: String = "a") -> JSONValue {
    [
      "apiVersion": "batch/v1", "kind": "CronJob", "metadata": ["name": .string(name)],
      "spec": .fields([
        "schedule": .string(schedule), "timeZone": timeZone.map { .string($0) },
        "jobTemplate": [
          "spec": [
            "template": ["spec": ["restartPolicy": "Never", "containers": [["name": "a", "image": "a"]]]]
          ]
        ],
      ]),
    ]
  }

  private func expect(_ answer: World.Answer, _ problems: [String], name: String = "a") {
    let list = problems.count == 1 ? problems[0] : "[\(problems.joined(separator: ", "))]"
    #expect(answer.code == 422)
    #expect(answer.message == "CronJob.batch \"\(name)\" is invalid: \(list)")
  }

  @Test(arguments: ["*/15 8-18 * jan,Feb mon-fri", "@hourly", "@every 1h30m", "5/20 * ? * *"])
  func `a schedule of cron's language is accepted`(schedule: String) {
    var world = World()
    #expect(world.post(Self.path, cronJob(schedule)).code == 201)
  }

  @Test(arguments: [
    ("61 * * * *", #""61 * * * *": end of range (61) above maximum (59): 61"#),
    ("daily", #""daily": expected exactly 5 fields, found 1: [daily]"#),
    (
      "CRON_TZ=UTC * * * * *",
      #""CRON_TZ=UTC * * * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead"#
    ),
  ])
  func `another schedule is refused`(schedule: String, problem: String) {
    var world = World()
    expect(world.post(Self.path, cronJob(schedule)), ["spec.schedule: Invalid value: " + problem])
    #expect(world.post(Self.path, cronJob("0 3 * * *")).code == 201)
    expect(
      world.merge(Self.path + "/a", ["spec": ["schedule": .string(schedule)]]),
      ["spec.schedule: Invalid value: " + problem])
  }

  @Test func `a CronJob without a schedule is refused`() {
    var world = World()
    expect(world.post(Self.path, cronJob("")), ["spec.schedule: Required value"])
  }

  @Test(arguments: [
    ("Europe/Pariss", ["unknown time zone Europe/Pariss"]),
    ("", ["timeZone must be nil or non-empty string"]),
    ("../UTC", ["unknown time zone ../UTC"]), ("America//Lima", ["unknown time zone America//Lima"]),
    ("Local", ["timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones"]),
    (
      "local",
      [
        "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones",
        "unknown time zone local",
      ]
    ),
  ])
  func `a time zone that IANA doesn't have is refused`(zone: String, problems: [String]) {
    var world = World()
    expect(
      world.post(Self.path, cronJob("0 3 * * *", timeZone: zone)),
      problems.map { "spec.timeZone: Invalid value: \"\(zone)\": \($0)" })
  }

  @Test(arguments: ["Europe/Paris", "UTC", "Etc/GMT+3", "US/Pacific", "America/Argentina/Buenos_Aires"])
  func `a time zone that IANA has is accepted`(zone: String) {
    var world = World()
    #expect(world.post(Self.path, cronJob("0 3 * * *", timeZone: zone)).code == 201)
  }

  @Test func `a stored schedule with a time zone may stay`() throws {
    var world = World()
    var stored = cronJob("TZ=UTC 0 3 * * *")
    stored.set("default", at: ["metadata", "namespace"])
    world.server.load([try DynamicObject(stored)], at: Date(timeIntervalSince1970: world.seconds))
    #expect(world.merge(Self.path + "/a", ["spec": ["suspend": true]]).code == 200)
    expect(
      world.merge(Self.path + "/a", ["spec": ["timeZone": "UTC"]]),
      [
        "spec.schedule: Invalid value: \"TZ=UTC 0 3 * * *\": "
          + "cannot use both timeZone field and TZ or CRON_TZ in schedule"
      ])
  }

  @Test func `a name leaves room for those of the Jobs`() {
    var world = World()
    let (longest, longer) = (String(repeating: "a", count: 52), String(repeating: "a", count: 53))
    #expect(world.post(Self.path, cronJob("@daily", name: longest)).code == 201)
    expect(
      world.post(Self.path, cronJob("@daily", name: longer)),
      ["metadata.name: Invalid value: \"\(longer)\": must be no more than 52 characters"], name: longer)
  }

  @Test func `limits aren't negative`() {
    var world = World()
    var object = cronJob("@daily")
    let fields = ["startingDeadlineSeconds", "successfulJobsHistoryLimit", "failedJobsHistoryLimit"]
    for field in fields { object.set(-1, at: ["spec", field]) }
    expect(
      world.post(Self.path, object),
      fields.map { "spec.\($0): Invalid value: -1: must be greater than or equal to 0" })
  }
}
