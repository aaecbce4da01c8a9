import Foundation
import KubeCore
import KubeKindsCore
import KubeReconcile
import Testing

/// Which objects' plans a change of the cache concerns.
@Suite struct ChangedKeysTests {
  private typealias Cache = ControllerCache<ConfigMap, Never>

  /// A controller that owns, watches, names and removes objects, inside and outside the namespace
  /// of the one that it reconciles.
  private static let controller = Controller(ConfigMap.self, fieldManager: "test") { work in
    let name = work.object.metadata.name
    let color = work.observed(Secret.self, name: "color")?.metadata.labels["color"] ?? "none"
    work.ensure(Secret(metadata: work.ownedMetadata(suffix: "-key", labels: ["color": color])))
    work.ensure(Node(metadata: ObjectMeta(name: name)))
    work.ensure(Secret(metadata: ObjectMeta(name: "shared", namespace: "elsewhere")))
    work.remove(ServiceAccount.self, name: "old", because: "it is replaced")
    work.setCondition(
      "Ready", work.observed(Node.self).isEmpty ? .false : .true, reason: "Tested", message: color)
  }
  .owns(Secret.self).owns(Node.self)
  .reads(Secret.self) { Array($0.data.keys) }
  .watches(ServiceAccount.self, verbs: .delete) { account in
    account.metadata.labels["for"].map {
      [ObjectKey(ConfigMap.type, namespace: account.metadata.namespace, name: $0)]
    } ?? []
  }

  private static let places = [
    ObjectKey(ConfigMap.type, namespace: "default", name: "a"),
    ObjectKey(ConfigMap.type, namespace: "default", name: "b"),
    ObjectKey(ConfigMap.type, namespace: "elsewhere", name: "a"),
    ObjectKey(Secret.type, namespace: "default", name: "a-key"),
    ObjectKey(Secret.type, namespace: "default", name: "b-key"),
    ObjectKey(Secret.type, namespace: "default", name: "color"),
    ObjectKey(Secret.type, namespace: "elsewhere", name: "shared"),
    ObjectKey(Node.type, name: "a"), ObjectKey(Node.type, name: "b"),
    ObjectKey(ServiceAccount.type, namespace: "default", name: "old"),
  ]

  private let now = Date(timeIntervalSince1970: 1_800_000_000)

  /// Random numbers that are the same in every run (SplitMix64).
  private struct Random: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }

    mutating func oneIn(_ count: Int) -> Bool { Int.random(in: 0..<count, using: &self) == 0 }
  }

  /// Any object at a place, of any owner.
  private static func object(
    at key: ObjectKey, uid: String, version: Int, using random: inout Random
  ) throws -> DynamicObject {
    var metadata = ObjectMeta(name: key.name, namespace: key.namespace)
    metadata.uid = uid
    metadata.resourceVersion = String(version)
    if random.oneIn(2) { metadata.labels[OwnershipRules.managedByLabel] = "test" }
    if random.oneIn(2) { metadata.labels["color"] = random.oneIn(2) ? "blue" : "red" }
    if random.oneIn(2) { metadata.labels["for"] = random.oneIn(2) ? "a" : "b" }
    if key.type != ConfigMap.type, random.oneIn(2) {
      let owner = random.oneIn(2) ? "a" : "b"
      metadata.ownerReferences = [
        OwnerReference(
          apiVersion: "v1", kind: "ConfigMap", name: owner, uid: "uid-\(owner)", controller: true)
      ]
    }
    if random.oneIn(2) {
      let owners = ["default/a", "default/b", "elsewhere/a", "a"]
      metadata.annotations["configmaps/owner"] = owners.randomElement(using: &random)
    }
    if random.oneIn(5) {
      metadata.finalizers = ["example.com/held"]
      metadata.deletionTimestamp = Date(timeIntervalSince1970: 1_700_000_000)
    }
    var json: JSONValue = [
      "apiVersion": .string(key.type.apiVersion), "kind": .string(key.type.kind), "metadata": metadata.json,
    ]
    if key.type == ConfigMap.type, random.oneIn(2) { json["data"] = ["color": ""] }
    if random.oneIn(2) {
      let manager: JSONValue = random.oneIn(2) ? "test" : "kubectl"
      json.set(
        [
          [
            "manager": manager, "operation": random.oneIn(2) ? "Apply" : "Update", "apiVersion": "v1",
            "fieldsType": "FieldsV1", "fieldsV1": ["f:metadata": ["f:labels": ["f:color": [:]]]],
          ]
        ], at: ["metadata", "managedFields"])
    }
    return try DynamicObject(json)
  }

  private func emptyCache() -> Cache {
    var cache = Cache(Self.controller)
    _ = cache.setObserved(listed: cache.selections, refused: [])
    return cache
  }

  @Test(arguments: 1...20)
  func `a plan is the same from reduced objects, and where a change doesn't concern its key`(seed: Int) throws
  {
    var random = Random(state: UInt64(seed))
    var cache = emptyCache()
    var reduced = emptyCache()
    var plans: [ObjectKey: Controller<ConfigMap, Never>.Result] = [:]
    var unconcerned = 0
    for version in 1...100 {
      let place = try #require(Self.places.randomElement(using: &random))
      let known = cache.object(place)
      let change: ModelChange<ObjectKey>
      if let known, random.oneIn(3) {
        change = cache.remove(known)
        _ = reduced.remove(known)
      } else {
        let isReplaced = random.oneIn(4)
        let uid = known.flatMap { isReplaced ? nil : $0.metadata.uid } ?? "uid-\(version)"
        let object = try Self.object(at: place, uid: uid, version: version, using: &random)
        change = cache.insert(object)
        _ = reduced.insert(cache.transform(object))
      }
      for key in Set(plans.keys).union(cache.keys) {
        let result = cache.reconcile(key, at: now)
        if change.keys.contains(key) {
          plans[key] = result
          #expect(reduced.reconcile(key, at: now).plan == result.plan, "\(key) from reduced objects")
          #expect(cache.recordLookups(of: result, for: key) == ModelChange())
        } else {
          unconcerned += 1
          #expect(result.plan == plans[key]?.plan, "\(version): \(place) is said not to concern \(key)")
          #expect(result.transitions == plans[key]?.transitions)
        }
      }
    }
    #expect(unconcerned > 0)
  }

  @Test func `what a plan looked up and has changed meanwhile concerns its key at once`() throws {
    func object(_ key: ObjectKey) throws -> DynamicObject {
      var metadata = ObjectMeta(name: key.name, namespace: key.namespace)
      metadata.uid = "uid-\(key.name)"
      metadata.resourceVersion = "1"
      return try DynamicObject([
        "apiVersion": "v1", "kind": .string(key.type.kind), "metadata": metadata.json,
      ])
    }
    let (owner, blocked) = (Self.places[0], Self.places[3])
    let foreign = try object(blocked)
    var cache = emptyCache()
    _ = cache.insert(try object(owner))
    _ = cache.insert(foreign)
    let result = cache.reconcile(owner, at: now)
    // Nothing relates the foreign object to the key before the plan is recorded.
    #expect(cache.remove(foreign).keys == [])
    #expect(cache.recordLookups(of: result, for: owner).keys == [owner])
    let fresh = cache.reconcile(owner, at: now)
    #expect(fresh.plan.patches.contains { $0.target == blocked })
    #expect(cache.recordLookups(of: fresh, for: owner).keys == [])
    #expect(cache.insert(foreign).keys == [owner])
    // A plan that doesn't look it up any more ends that.
    _ = cache.recordLookups(of: cache.reconcile(Self.places[1], at: now), for: owner)
    #expect(cache.remove(foreign).keys == [])
  }
}
