import Foundation
import Testing

/// The articles show code that is compiled: every piece of theirs, up to a blank line, stands in the example's files.
@Suite struct ArticleTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// The Swift and YAML files of a folder, at any depth.
  private func compiled(_ folder: String) throws -> String {
    let folder = Self.root.appendingPathComponent(folder).resolvingSymlinksInPath()
    let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
    let shown = (files?.allObjects ?? []).compactMap { $0 as? URL }
      .filter { ["swift", "yaml"].contains($0.pathExtension) }
    #expect(!shown.isEmpty, "\(folder.path)")
    return try shown.map { try String(contentsOf: $0, encoding: .utf8) }.joined(separator: "\n")
  }

  @Test(arguments: [
    (
      "Sources/KubeMemory/KubeMemory.docc/TestYourOwnOperator.md", "configmap-operator",
      "ConfigMapMirrorTests"
    ),
    ("Sources/KubeOperator/KubeOperator.docc/WriteAnOperator.md", "website-operator", "WebsiteTests"),
  ])
  func `an article shows the code that is compiled`(path: String, example: String, tests: String) throws {
    let code = try compiled("Examples/\(example)") + compiled("Tests/\(tests)")
    let article = try String(contentsOf: Self.root.appendingPathComponent(path), encoding: .utf8)
    let blocks = ["swift", "yaml"].flatMap { language in
      article.components(separatedBy: "```\(language)\n").dropFirst().compactMap {
        $0.components(separatedBy: "\n```").first
      }
    }
    #expect(blocks.count >= 3)
    for piece in blocks.flatMap({ $0.components(separatedBy: "\n\n") }) {
      #expect(code.contains(piece), "\(piece)")
    }
  }
}
