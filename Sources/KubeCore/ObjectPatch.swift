/// One write to the API: what a reconcile function answers with, as a value.
///
/// A new object is a `create`; an object that was observed gets an `apply` (server-side apply) of exactly the
/// fields that its
/// writer owns; ownership moves by a `patch`; an object goes by a `delete`. Every patch of an existing object
/// names its uid, so that it can never act on, or bring back, another object of the same name.
public struct ObjectPatch: Sendable, Hashable {
  /// What is done.
  public enum Operation: Sendable, Hashable {
    /// Make the object; fails where one of that name exists.
    case create(JSONValue)
    /// Server-side apply of these fields (KEP-555). With `force`, fields that other managers own are taken
    /// over.
    case apply(JSONValue, force: Bool)
    /// A JSON patch (RFC 6902).
    case patch([JSONPatchOperation])
    /// Delete the object, and what it owns in the background.
    case delete
  }

  /// What must be true of the object on the server for the patch to take effect.
  public enum Precondition: Sendable, Hashable {
    /// No object of this name exists.
    case absent
    /// The object is the one that was observed.
    case uid(String)
    /// The object is the one that was observed and hasn't changed since.
    case uidAndResourceVersion(uid: String, resourceVersion: String)
  }

  /// Which object.
  public var target: ObjectKey
  /// The subresource written to, such as `status`; `nil` for the object itself.
  public var subresource: String?
  /// What is done.
  public var operation: Operation
  /// What must be true for it to be done.
  public var precondition: Precondition
  /// Why, in words a person can read.
  public var reason: String
  /// Another object, that a patch before this one in the same plan writes, and that must be written for this patch to be
  /// sent; `nil` where what was observed is all it takes.
  public var dependency: ObjectKey?
  /// Whether what the patch says is about to change, so that it may wait a while: a status of what has just begun.
  public var isProvisional = false

  /// A patch.
  public init(
    target: ObjectKey, subresource: String? = nil, operation: Operation, precondition: Precondition,
    reason: String, dependency: ObjectKey? = nil
  ) {
    self.target = target
    self.subresource = subresource
    self.operation = operation
    self.precondition = precondition
    self.reason = reason
    self.dependency = dependency
  }

  /// Whether the patch changes nothing: it only fails where its precondition doesn't hold, so that others can
  /// depend on it.
  public var isVerification: Bool { operation == .patch([]) }

  /// The operation's name: `create`, `apply`, `patch` or `delete`.
  public var operationName: String {
    switch operation {
    case .create: "create"
    case .apply: "apply"
    case .patch: "patch"
    case .delete: "delete"
    }
  }

  /// What is sent: the object, the applied fields with their preconditions in `metadata`, the list of patch
  /// operations after tests of the preconditions, or `DeleteOptions`.
  public var body: JSONValue {
    switch operation {
    case .create(let object): return object
    case .apply(var fields, _):
      switch precondition {
      case .absent: break
      case .uid(let uid): fields.set(.string(uid), at: ["metadata", "uid"])
      case .uidAndResourceVersion(let uid, let resourceVersion):
        fields.set(.string(uid), at: ["metadata", "uid"])
        fields.set(.string(resourceVersion), at: ["metadata", "resourceVersion"])
      }
      return fields
    case .patch(let operations):
      // A JSON patch has no place for preconditions: they are its first tests.
      let tests: [JSONPatchOperation] =
        switch precondition {
        case .absent: []
        case .uid(let uid): [.test(path: "/metadata/uid", .string(uid))]
        case .uidAndResourceVersion(let uid, let resourceVersion):
          [
            .test(path: "/metadata/uid", .string(uid)),
            .test(path: "/metadata/resourceVersion", .string(resourceVersion)),
          ]
        }
      return .array((tests.filter { !operations.contains($0) } + operations).map(\.json))
    case .delete:
      var options: JSONValue = [
        "apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background",
      ]
      switch precondition {
      case .absent: break
      case .uid(let uid): options["preconditions"] = ["uid": .string(uid)]
      case .uidAndResourceVersion(let uid, let resourceVersion):
        options["preconditions"] = ["uid": .string(uid), "resourceVersion": .string(resourceVersion)]
      }
      return options
    }
  }
}

/// An operation of a JSON patch (RFC 6902 section 4).
public enum JSONPatchOperation: Sendable, Hashable {
  case add(path: String, JSONValue)
  case remove(path: String)
  case replace(path: String, JSONValue)
  case test(path: String, JSONValue)

  /// The operation as it stands in the patch document.
  public var json: JSONValue {
    switch self {
    case .add(let path, let value): ["op": "add", "path": .string(path), "value": value]
    case .remove(let path): ["op": "remove", "path": .string(path)]
    case .replace(let path, let value): ["op": "replace", "path": .string(path), "value": value]
    case .test(let path, let value): ["op": "test", "path": .string(path), "value": value]
    }
  }
}
