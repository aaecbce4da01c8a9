import ConfigMapMirror
import Foundation
import KubeCore
import KubeKindsCore
import KubeMemory
import KubeTransport
import Logging
import Testing

/// The operator of the article "Test your own operator", on a server in this process.
@Suite(.timeLimit(.minutes(5))) struct ConfigMapMirrorTests {
  let hub = MemoryHub()
  var client: KubeClient { KubeClient(hub, fieldManager: "test") }

  /// Runs `body` while the operator works.
  func withOperator(_ body: () async throws -> Void) async throws {
    let mirror = ConfigMapMirror(
      KubeClient(hub, fieldManager: "mirror"), from: "default", to: "kube-public",
      logger: Logger(label: "mirror"))
    let task = Task { try await mirror.run() }
    defer { task.cancel() }
    try await body()
  }

  /// Waits until the copy of `name` has this data, or is gone for `nil`.
  func expectCopy(_ name: String, _ data: [String: String]?) async throws {
    while try await client.find(ConfigMap.self, namespace: "kube-public", name: name)?.data != data {
      try await Task.sleep(for: .milliseconds(5))
    }
  }

  func original(_ data: [String: String]) -> ConfigMap {
    ConfigMap(metadata: ObjectMeta(name: "a", namespace: "default", labels: ["mirror": "true"]), data: data)
  }

  @Test func aCopyIsMadeAndGoesWithItsOriginal() async throws {
    try await withOperator {
      _ = try await client.create(original(["color": "blue"]))
      try await expectCopy("a", ["color": "blue"])
      try await client.delete(ObjectKey(ConfigMap.type, namespace: "default", name: "a"))
      try await expectCopy("a", nil)
    }
  }

  @Test func aChangedCopyIsRepaired() async throws {
    try await withOperator {
      _ = try await client.create(original(["color": "blue"]))
      try await expectCopy("a", ["color": "blue"])
      let key = ObjectKey(ConfigMap.type, namespace: "kube-public", name: "a")
      let copy = try await client.get(ConfigMap.self, namespace: "kube-public", name: "a")
      try await client.apply(
        ObjectPatch(
          target: key, operation: .patch([.replace(path: "/data/color", "red")]),
          precondition: .uid(copy.metadata.uid ?? ""), reason: "vandalism"))
      try await expectCopy("a", ["color": "blue"])
    }
  }

  @Test func whatIsNotLabelledHasNoCopy() async throws {
    try await withOperator {
      var plain = original(["color": "blue"])
      plain.metadata.name = "plain"
      plain.metadata.labels = [:]
      _ = try await client.create(plain)
      _ = try await client.create(original(["color": "green"]))
      try await expectCopy("a", ["color": "green"])
      try await expectCopy("plain", nil)
    }
  }

  @Test func atRestThePlanIsEmpty() async throws {
    let mirror = ConfigMapMirror(client, from: "default", to: "kube-public", logger: Logger(label: "mirror"))
    let original = original(["color": "blue"])
    let patch = try #require(mirror.plan("a", original, nil))
    let copy = try #require(try await client.apply(patch)).decode(ConfigMap.self)
    #expect(mirror.plan("a", original, copy) == nil)
    #expect(mirror.plan("a", nil, copy)?.operation == .delete)
  }

  @Test func theArticleShowsTheCodeThatIsCompiled() throws {
    func text(_ path: String) throws -> String {
      let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
      return try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }
    let example = "Examples/configmap-operator/"
    let compiled = try [
      example + "ConfigMapMirror/ConfigMapMirror.swift", example + "ConfigMapOperator.swift",
      "Tests/ConfigMapMirrorTests/ConfigMapMirrorTests.swift",
    ].map(text).joined()
    let article = try text("Sources/KubeMemory/KubeMemory.docc/TestYourOwnOperator.md")
    let blocks = article.components(separatedBy: "```swift\n").dropFirst().compactMap {
      $0.components(separatedBy: "\n```").first
    }
    #expect(blocks.count == 4)
    for block in blocks {
      for piece in block.components(separatedBy: "\n\n") {
        #expect(compiled.contains(piece), "\(piece)")
      }
    }
  }
}
