import Foundation
import KubeCore
import KubeKindsBatch
import KubeKindsCore
import KubeMemory
import KubeReconcile
import KubeTesting
import Testing

/// Objects that another controller makes for what a controller owns.
@Suite struct OwnedThroughTests {
  private typealias Cache = ControllerCache<ConfigMap, Never>

  private static let backups = Controller(ConfigMap.self, fieldManager: "backups") { _ in }
    .owns(CronJob.self).owns(Job.self, through: CronJob.self)
  private static let pods = backups.owns(Pod.self, through: Job.self)

  private let now = Date(timeIntervalSince1970: 1_800_000_000)

  private func key(_ type: ResourceType, _ name: String) -> ObjectKey {
    ObjectKey(type, namespace: "default", name: name)
  }

  /// An observed object, controlled by `owner`; the uid of an object is `uid-NAME` by default.
  private func object(
    _ type: ResourceType, _ name: String, uid: String? = nil, version: Int = 1,
    ownedBy owner: (type: ResourceType, name: String)? = nil, ownerUID: String? = nil
  ) throws -> DynamicObject {
    var metadata = ObjectMeta(name: name, namespace: "default")
    metadata.uid = uid ?? "uid-\(name)"
    metadata.resourceVersion = String(version)
    if let owner {
      metadata.ownerReferences = [
        OwnerReference(
          apiVersion: owner.type.apiVersion, kind: owner.type.kind, name: owner.name,
          uid: ownerUID ?? "uid-\(owner.name)", controller: true)
      ]
    }
    return try DynamicObject([
      "apiVersion": .string(type.apiVersion), "kind": .string(type.kind), "metadata": metadata.json,
    ])
  }

  private func permutations<Element>(_ elements: [Element]) -> [[Element]] {
    guard elements.count > 1 else { return [elements] }
    return elements.indices.flatMap { index in
      var rest = elements
      let first = rest.remove(at: index)
      return permutations(rest).map { [first] + $0 }
    }
  }

  private var owner: ObjectKey { key(ConfigMap.type, "target") }

  private func chain() throws -> [DynamicObject] {
    [
      try object(ConfigMap.type, "target"),
      try object(CronJob.type, "nightly", ownedBy: (ConfigMap.type, "target")),
      try object(Job.type, "nightly-1", ownedBy: (CronJob.type, "nightly")),
      try object(Pod.type, "nightly-1-a", ownedBy: (Job.type, "nightly-1")),
    ]
  }

  private func related(_ cache: Cache) -> Set<String> {
    Set(cache.objects(for: owner).everything.map(\.metadata.name))
  }

  @Test func `what belongs to an object doesn't depend on the order in which all came and went`() throws {
    let objects = try chain()
    let names = objects.map(\.metadata.name)
    let orders = permutations(Array(objects.indices))
    for coming in orders {
      var full = Cache(Self.pods)
      var seen: Set<Int> = []
      for index in coming {
        let change = full.insert(objects[index])
        seen.insert(index)
        // An object is related once all that it belongs through are known.
        let expected = seen.filter { $0 < 2 || Set(1..<$0).isSubset(of: seen) }
        #expect(related(full) == Set(expected.map { names[$0] }), "\(coming), \(seen)")
        if expected.contains(index) { #expect(change.keys.contains(owner), "\(coming), \(index)") }
      }
      for going in orders {
        var cache = full
        var left = Set(objects.indices)
        for index in going {
          #expect(cache.remove(objects[index]).keys.contains(owner), "\(coming), \(going), \(index)")
          left.remove(index)
          #expect(related(cache) == Set(left.map { names[$0] }), "\(coming), \(going), \(left)")
        }
      }
    }
  }

  @Test func `an owned object that is replaced meanwhile keeps what belongs to it`() throws {
    let objects = try chain()
    var cache = Cache(Self.backups)
    for object in objects.dropLast() { _ = cache.insert(object) }
    // Another CronJob of the name, of which only the new state is observed.
    let other = key(ConfigMap.type, "other")
    let change = cache.insert(
      try object(CronJob.type, "nightly", uid: "second", ownedBy: (ConfigMap.type, "other")))
    #expect(change.keys == [owner, other])
    #expect(related(cache) == ["target", "nightly-1"])
    #expect(
      cache.insert(
        try object(Job.type, "nightly-2", ownedBy: (CronJob.type, "nightly"), ownerUID: "second")
      ).keys == [other])
    #expect(Set(cache.objects(for: other).everything.map(\.metadata.name)) == ["nightly", "nightly-2"])
    #expect(cache.remove(objects[2]).keys == [owner])
    #expect(related(cache) == ["target"])
  }

  @Test func `what belongs to an object follows changes of owner references`() throws {
    var cache = Cache(Self.backups)
    let job = try chain()[2]
    #expect(cache.insert(job).keys.isEmpty)
    #expect(cache.insert(try object(CronJob.type, "nightly")).keys.isEmpty)
    let adopted = try object(CronJob.type, "nightly", version: 2, ownedBy: (ConfigMap.type, "target"))
    #expect(cache.insert(adopted).keys == [owner])
    #expect(related(cache) == ["nightly", "nightly-1"])
    // A change of the Job alone keeps it.
    #expect(
      cache.insert(try object(Job.type, "nightly-1", version: 2, ownedBy: (CronJob.type, "nightly"))).keys
        == [owner])
    #expect(related(cache) == ["nightly", "nightly-1"])
    #expect(cache.insert(try object(CronJob.type, "nightly", version: 3)).keys == [owner])
    #expect(related(cache).isEmpty)
    #expect(cache.insert(try object(CronJob.type, "nightly", version: 4)).keys.isEmpty)
    // An orphaned Job belongs to nothing.
    _ = cache.insert(
      try object(CronJob.type, "nightly", version: 5, ownedBy: (ConfigMap.type, "target")))
    #expect(cache.insert(try object(Job.type, "nightly-1", version: 3)).keys == [owner])
    #expect(related(cache) == ["nightly"])
  }

  @Test func `an object that is first observed after its owner went belongs to nothing`() throws {
    let objects = try chain()
    var cache = Cache(Self.backups)
    _ = cache.insert(objects[1])
    _ = cache.remove(objects[1])
    #expect(cache.insert(objects[2]).keys.isEmpty)
    #expect(related(cache).isEmpty)
  }

  @Test func `an owner that isn't the controller's is no relation`() throws {
    var cache = Cache(Self.backups)
    _ = cache.insert(try chain()[1])
    var job = try object(Job.type, "nightly-1").json
    job.set(
      [["apiVersion": "batch/v1", "kind": "CronJob", "name": "nightly", "uid": "uid-nightly"]],
      at: ["metadata", "ownerReferences"])
    #expect(cache.insert(try DynamicObject(job)).keys.isEmpty)
    #expect(related(cache) == ["nightly"])
  }

  @Test func `a kind may be given before the one that it is owned through, which may be mapped`() throws {
    let target = owner
    let mapped = Controller(ConfigMap.self, fieldManager: "mapped") { _ in }
      .owns(Job.self, through: CronJob.self).watches(CronJob.self) { _ in [target] }
    var cache = Cache(mapped)
    _ = cache.insert(try chain()[2])
    #expect(cache.insert(try object(CronJob.type, "nightly")).keys == [target])
    #expect(related(cache) == ["nightly", "nightly-1"])
  }

  private func verbs(_ rights: [RequiredRight], _ resource: String) -> Set<String> {
    Set(rights.filter { $0.rule.resources.contains(resource) }.flatMap(\.rule.verbs))
  }

  @Test func `what is owned through another is read, and deleted on request`() {
    let base = Controller(ConfigMap.self, fieldManager: "backups") { _ in }
    let reading = base.owns(Job.self, through: CronJob.self).rights
    #expect(verbs(reading, "jobs") == ["list", "watch"])
    #expect(verbs(reading, "cronjobs") == ["list", "watch"])
    #expect(verbs(Self.backups.rights, "cronjobs").isSuperset(of: ["create", "patch", "delete"]))
    let deleting = base.owns(CronJob.self).owns(Job.self, through: CronJob.self, verbs: .delete)
    #expect(verbs(deleting.rights, "jobs") == ["list", "watch", "delete"])
  }
}
