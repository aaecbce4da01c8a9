import Foundation
import FuzzTargets
import Testing

/// Replays the fuzzer's corpora without the fuzzer: each input is run, and a broken promise traps.
@Suite struct CorpusTests {
  @Test(arguments: FuzzTarget.allCases)
  func `every input of the corpus is borne`(target: FuzzTarget) throws {
    let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let folder = repository.appendingPathComponent("Tools/fuzz/Corpus/\(target.rawValue)")
    let inputs = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    #expect(!inputs.isEmpty)
    for input in inputs { target.run(Array(try Data(contentsOf: input))) }
  }
}
