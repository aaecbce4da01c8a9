import Allocator
import BenchDocuments
import Foundation
import KubeCore
import KubeKindsCore
import KubeMemory
import KubeTransport

@MainActor
func measureMemory(_ harness: Harness) async throws {
  let now = Date(timeIntervalSince1970: 1_796_083_200)
  let type = ResourceType(
    group: "", version: "v1", kind: "ConfigMap", plural: "configmaps", isNamespaced: true)
  func key(_ number: Int, _ namespace: String = "default") -> ObjectKey {
    ObjectKey(type, namespace: namespace, name: "object-\(number)")
  }
  func apply(_ number: Int, _ text: String) -> KubeRequest {
    .apply(key(number), Documents.configMap(number, text), fieldManager: "bench", force: true)
  }

  // A thousand small objects, changed again and again.
  let count = 1_000
  var server = MemoryAPIServer(at: now)
  let rounds = (0..<8).map { round in (0..<count).map { apply($0, "round \(round)") } }
  for request in rounds[0] { _ = server.handle(request, at: now) }
  var round = 0
  await harness.rate(
    "KubeMemory: applies that change a small object", unit: "applies/s", amount: Double(count),
    target: .atLeast(50_000)
  ) {
    round += 1
    for request in rounds[round % rounds.count] { consume(server.handle(request, at: now)) }
  }
  await harness.rate("KubeMemory: applies that change nothing", unit: "applies/s", amount: Double(count)) {
    for request in rounds[round % rounds.count] { consume(server.handle(request, at: now)) }
  }
  await harness.rate("KubeMemory: reads of a small object", unit: "reads/s", amount: Double(count)) {
    for number in 0..<count { consume(server.handle(.get(key(number)), at: now)) }
  }
  await harness.rate("KubeMemory: creations of a small object", unit: "creations/s", amount: Double(count)) {
    var copy = MemoryAPIServer(at: now)
    for number in 0..<count {
      consume(copy.handle(.create(key(number), Documents.configMap(number, "new")), at: now))
    }
  }

  // Many objects: in one namespace, the worst case, and spread as clusters are.
  for namespaces in [1, 1_000] {
    var world = MemoryAPIServer(at: now)
    let names = (0..<namespaces).map { "space-\($0)" }
    for name in names {
      let document: JSONValue = [
        "apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(name)],
      ]
      _ = world.handle(.create(ObjectKey(Namespace.type, name: name), document), at: now)
    }
    let before = Int(allocated_bytes())
    for number in 0..<100_000 {
      let namespace = names[number % namespaces]
      let document = Documents.configMap(number, namespace: namespace, "some text of a few words")
      _ = world.handle(.create(key(number, namespace), document), at: now)
    }
    let list = world.handle(.list(ResourceSelection(type)), at: now).body.count
    harness.figure(
      "KubeMemory: bytes per idle object of \(list / 100_000) bytes of JSON, \(namespaces) namespace(s)",
      unit: "× JSON",
      value: Double(Int(allocated_bytes()) - before) / Double(list), target: .atMost(2))
    await harness.time(
      "KubeMemory: copy of a world of 100,000 objects", unit: "µs", scale: 1e6, target: .atMost(1_000)
    ) {
      let copy = world
      consume(copy)
    }
    await harness.time(
      "KubeMemory: such a copy and a first write to it, \(namespaces) namespace(s)", unit: "ms", scale: 1e3,
      target: .atMost(1)
    ) {
      var copy = world
      let document = Documents.configMap(0, namespace: names[0], "changed")
      consume(copy.handle(.apply(key(0, names[0]), document, fieldManager: "bench", force: true), at: now))
    }
  }

  // Objects of a credential's size.
  var secrets = MemoryAPIServer(at: now)
  let before = Int(allocated_bytes())
  for number in 0..<5_000 {
    var document = Documents.secret(number)
    for field in ["uid", "resourceVersion", "creationTimestamp", "managedFields"] {
      document.set(nil, at: ["metadata", field])
    }
    document.set("default", at: ["metadata", "namespace"])
    let key = ObjectKey(Secret.type, namespace: "default", name: "cluster-\(number)")
    _ = secrets.handle(.create(key, document), at: now)
  }
  let list = secrets.handle(.list(ResourceSelection(Secret.type)), at: now).body.count
  harness.figure(
    "KubeMemory: bytes per idle Secret of \(list / 5_000) bytes of JSON", unit: "× JSON",
    value: Double(Int(allocated_bytes()) - before) / Double(list), target: .atMost(2))
}
