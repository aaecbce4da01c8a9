import Foundation
import KubeCore
import KubeKindsApps
import KubeMemory
import KubeTesting
import KubeTransport
import KubeYAML
import Testing

/// The articles show code that is compiled: every piece of theirs, up to a blank line, stands in an
/// example or in a test, at whatever indentation. The pages of the kinds' modules only list kinds.
@Suite struct ArticleTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// The files of a folder at any depth whose names end in one of `extensions`.
  private static func files(_ folder: String, _ extensions: Set<String>) -> [URL] {
    let folder = root.appendingPathComponent(folder).resolvingSymlinksInPath()
    let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
    return (files?.allObjects ?? []).compactMap { $0 as? URL }.filter {
      extensions.contains($0.pathExtension)
    }
  }

  /// The articles of the products' DocC catalogs, by path.
  private static let articles = files("Sources", ["md"]).map(\.path).filter { $0.contains(".docc/") }.sorted()

  private static let compiled = ["Examples", "Tests"].flatMap { files($0, ["swift", "yaml"]) }
    .map { file in
      (try? String(contentsOf: file, encoding: .utf8)).map(flushLeft) ?? ""
    }

  private static func flushLeft(_ text: String) -> String {
    text.components(separatedBy: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: "\n")
  }

  /// The code blocks of a document in Swift and YAML.
  private static func blocks(_ path: String) throws -> [String] {
    let text = try String(contentsOfFile: path, encoding: .utf8)
    return ["swift", "yaml"].flatMap { language in
      text.components(separatedBy: "```\(language)\n").dropFirst().compactMap {
        $0.components(separatedBy: "\n```").first
      }
    }
  }

  /// Checks that each piece of the blocks stands in a compiled file.
  private static func expectCompiled(_ blocks: [String], of path: String) {
    for piece in blocks.flatMap({ $0.components(separatedBy: "\n\n") }) {
      let piece = flushLeft(piece)
      #expect(compiled.contains { $0.contains(piece) }, "\(path): \(piece)")
    }
  }

  @Test func `every article has a compiled example`() throws {
    #expect(Self.articles.count >= 37 && !Self.compiled.isEmpty)
    for path in Self.articles {
      let blocks = try Self.blocks(path)
      let hasOwnExample =
        !path.hasSuffix("KubeOperator.md") && !path.hasSuffix("KubeMemory.md") && !path.contains("/KubeKinds")
      if hasOwnExample {
        #expect(!blocks.isEmpty, "\(path)")
      }
      Self.expectCompiled(blocks, of: path)
    }
  }

  @Test func `the code of docs/library.md is compiled`() throws {
    let path = Self.root.appendingPathComponent("docs/library.md").path
    let blocks = try Self.blocks(path)
    #expect(blocks.count >= 3)
    Self.expectCompiled(blocks, of: path)
  }

  @Test func `the embedder's program in docs/library.md is the compiled one`() throws {
    func text(_ path: String) throws -> String {
      try String(contentsOf: Self.root.appendingPathComponent(path), encoding: .utf8)
    }
    let program = try text("Examples/plan-example/PlanExample.swift")
    #expect(try text("docs/library.md").contains("```swift\n\(program)```"))
  }

  @Test func `an API server accepts the website operator's Deployment`() throws {
    let file = Self.root.appendingPathComponent("Examples/website-operator/deployment.yaml")
    let objects = try YAMLReader().objects(Data(contentsOf: file), file: "deployment.yaml")
    let deployment = try #require(objects.first).object.decode(Deployment.self)
    let now = Date(timeIntervalSince1970: 1_800_000_000)
    var server = MemoryAPIServer(at: now)
    try server.require(.create(deployment.key, deployment.json), at: now)
  }
}
