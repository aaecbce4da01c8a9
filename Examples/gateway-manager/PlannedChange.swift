import GatewayAPI
import GatewayManager
import GatewayReconcile
import HTTPTypes
import KubeCore
import KubeMemory
import KubeReconcile
import KubeTransport

/// The change of one object by a plan, field by field.
struct PlannedChange {
  /// The kind of change.
  enum Kind: String {
    case create, change, delete
  }

  /// A field, before and after.
  struct Field: Equatable {
    var path: String
    var old: JSONValue?
    var new: JSONValue?
  }

  var target: ObjectKey
  var kind: Kind
  /// The reasons, one for each patch.
  var reasons: [String]
  /// The fields that differ.
  var fields: [Field]
  /// The reason why the change is unknown.
  var problem: String?

  /// Returns the changes of `patches`, one for each object, in their order. Several patches of an
  /// object are one change.
  static func changes(_ patches: [ObjectPatch], of model: HubCache, at now: Date) -> [PlannedChange] {
    var order: [ObjectKey] = []
    var groups: [ObjectKey: [ObjectPatch]] = [:]
    for patch in patches where !patch.isVerification {
      if groups[patch.target] == nil { order.append(patch.target) }
      groups[patch.target, default: []].append(patch)
    }
    return order.map { target in
      let object = model.object(target.type.groupKind, namespace: target.namespace, name: target.name)
      return PlannedChange(target, patches: groups[target] ?? [], observed: object, at: now)
    }
  }

  private init(
    _ target: ObjectKey, patches: [ObjectPatch], observed object: DynamicObject?, at now: Date
  ) {
    self.target = target
    reasons = patches.map(\.reason).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    if patches.contains(where: { $0.operation == .delete }) {
      (kind, fields) = (.delete, [])
      return
    }
    guard let object else {
      kind = .create
      let created = patches.first { if case .create = $0.operation { true } else { false } }
      fields = PlannedChange.fields(from: nil, to: created.map { PlannedChange.readable($0.body) })
      return
    }
    kind = .change
    let (after, problem) = PlannedChange.outcome(of: patches, on: object, at: now)
    self.problem = problem
    fields = PlannedChange.fields(
      from: PlannedChange.readable(object.json), to: PlannedChange.readable(after))
  }

  /// The object after the patches, applied by an API server in this process that holds nothing
  /// else.
  private static func outcome(
    of patches: [ObjectPatch], on object: DynamicObject, at now: Date
  ) -> (after: JSONValue, problem: String?) {
    var server = MemoryAPIServer(namespaces: [object.metadata.namespace].compactMap(\.self), at: now)
    for type in GatewayKinds.all + GatewayKinds.older {
      server.register(type, table: GatewayFieldTables.all.table(for: type.groupKind))
    }
    server.load([object], at: now)
    guard let first = patches.first else { return (object.json, nil) }
    var problem: String?
    for var patch in patches {
      // The copy has versions of its own, and each patch increases them.
      if case .uidAndResourceVersion(let uid, _) = patch.precondition { patch.precondition = .uid(uid) }
      let request = KubeRequest(patch, fieldManager: ManagerIdentity.fieldManager)
      let response = server.handle(request, at: now)
      if response.status.kind != .successful {
        problem = "the result can't be shown: \(patch.operationName) answers \(response.status.code)"
      }
    }
    return (server.object(first.target)?.json ?? object.json, problem)
  }

  /// The object without the fields that only the server writes.
  private static func readable(_ json: JSONValue) -> JSONValue {
    // Whatever its source, a Secret's content is hidden.
    var json = (try? DynamicObject(json))?.json ?? json
    for field in ["managedFields", "resourceVersion", "generation", "uid", "creationTimestamp"] {
      json.set(nil, at: ["metadata", field])
    }
    json.set(nil, at: ["metadata", "annotations", DynamicObject.lastAppliedAnnotation])
    for field in ["apiVersion", "kind"] { json[field] = nil }
    return json
  }

  // MARK: Fields

  /// The fields in which two values differ.
  static func fields(from old: JSONValue?, to new: JSONValue?) -> [Field] {
    let (old, new) = (leaves(of: old), leaves(of: new))
    let (before, after) = (
      Dictionary(old, uniquingKeysWith: { $1 }), Dictionary(new, uniquingKeysWith: { $1 })
    )
    let paths = old.map(\.0) + new.map(\.0).filter { before[$0] == nil }
    return paths.compactMap { path in
      let field = Field(path: path, old: before[path], new: after[path])
      return field.old == field.new ? nil : field
    }.sorted { $0.path < $1.path }
  }

  private static func leaves(of value: JSONValue?) -> [(String, JSONValue)] {
    var leaves: [(String, JSONValue)] = []
    if let value { append(value, "", to: &leaves) }
    return leaves
  }

  private static func append(_ value: JSONValue, _ path: String, to leaves: inout [(String, JSONValue)]) {
    switch value {
    case .object(let object) where !object.isEmpty:
      for member in object {
        let isPlain = member.key.utf8.allSatisfy { NameRules.isAlphanumeric($0) || "-_".utf8.contains($0) }
        let step = isPlain ? (path.isEmpty ? "" : ".") + member.key : "[\"\(member.key)\"]"
        append(member.value, path + step, to: &leaves)
      }
    case .array(let elements) where !elements.isEmpty:
      let keys = names(of: elements) ?? elements.indices.map(String.init)
      for (key, element) in zip(keys, elements) { append(element, path + "[\(key)]", to: &leaves) }
    default: leaves.append((path, value))
    }
  }

  /// The names of a list's elements, if each has a unique `name` or `type`.
  private static func names(of elements: [JSONValue]) -> [String]? {
    for key in ["name", "type"] {
      let names = elements.compactMap { $0[key]?.string }
      if names.count == elements.count, Set(names).count == names.count { return names }
    }
    return nil
  }
}
