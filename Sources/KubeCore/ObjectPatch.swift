/// One write to the API as a value: the result of a reconcile function is a list of them.
///
/// A new object is created; an observed object gets a server-side apply of exactly the fields that
/// its writer owns; ownership is transferred by a JSON patch; an object is removed by a delete.
/// Every patch of an existing object states its uid (``precondition``), so that it can neither
/// change nor bring back another object of the same name.
public struct ObjectPatch: Sendable, Hashable {
  /// The kind of write.
  public enum Operation: Sendable, Hashable {
    /// Creates the object; fails where one of that name exists.
    case create(JSONValue)
    /// A server-side apply of these fields (KEP-555). With `force` it takes over fields that other
    /// managers own.
    case apply(JSONValue, force: Bool)
    /// A JSON patch (RFC 6902).
    case patch([JSONPatchOperation])
    /// Deletes the object, and its dependents in the background or, with
    /// ``ObjectPatch/awaitsDependents``, before it.
    case delete

    /// The kind of an operation, without its content.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
      /// The operation creates an object.
      case create
      /// The operation is a server-side apply.
      case apply
      /// The operation is a JSON patch.
      case patch
      /// The operation deletes an object.
      case delete
    }

    /// The kind of the operation.
    public var kind: Kind {
      switch self {
      case .create: .create
      case .apply: .apply
      case .patch: .patch
      case .delete: .delete
      }
    }
  }

  /// The condition on the stored object under which the patch takes effect.
  public enum Precondition: Sendable, Hashable {
    /// No object of this name exists.
    case absent
    /// The object has the uid that was observed.
    case uid(String)
    /// The object is the observed one and hasn't changed since.
    case uidAndResourceVersion(uid: String, resourceVersion: String)
  }

  /// The object to be written.
  public var target: ObjectKey
  /// The subresource written to, such as `status`; `nil` for the object itself.
  public var subresource: String?
  /// The kind of write.
  public var operation: Operation
  /// The condition under which the write takes effect.
  public var precondition: Precondition
  /// The reason for the write, for people.
  public var reason: String
  /// Another object that an earlier patch of the same plan writes and that must have been written
  /// before this patch is sent; `nil` where the observed state suffices.
  public var dependency: ObjectKey?
  /// Whether the write may be delayed because its content is about to change again, such as the
  /// first status of a new object.
  public var isProvisional = false
  /// Whether a deleted object stays, marked as deleted, until its dependents are gone.
  public var awaitsDependents = false

  /// Creates a patch.
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

  /// Whether the patch changes nothing and only verifies its ``precondition``, so that others can
  /// depend on it.
  public var isVerification: Bool { operation == .patch([]) }

  /// The operation's name for logs and messages: `create`, `apply`, `patch` or `delete`.
  public var operationName: String { operation.kind.rawValue }

  /// The request body: the object, the applied fields with their preconditions in `metadata`, the
  /// list of patch operations after tests of the preconditions, or `DeleteOptions`.
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
      // A JSON patch has no field for preconditions: they become its first tests.
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
        "apiVersion": "v1", "kind": "DeleteOptions",
        "propagationPolicy": awaitsDependents ? "Foreground" : "Background",
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
  /// Sets a member, which may exist, or inserts an element before an index.
  case add(path: String, JSONValue)
  /// Removes a value, which must exist.
  case remove(path: String)
  /// Replaces a value, which must exist.
  case replace(path: String, JSONValue)
  /// Fails the whole patch unless the value equals the given one.
  case test(path: String, JSONValue)

  /// The operation in the patch document's format.
  public var json: JSONValue {
    switch self {
    case .add(let path, let value): ["op": "add", "path": .string(path), "value": value]
    case .remove(let path): ["op": "remove", "path": .string(path)]
    case .replace(let path, let value): ["op": "replace", "path": .string(path), "value": value]
    case .test(let path, let value): ["op": "test", "path": .string(path), "value": value]
    }
  }
}
