/// The verbs of the API that an operator uses on objects.
public struct ObjectAccess: OptionSet, Sendable, Hashable {
  /// The bits.
  public var rawValue: UInt8
  /// A set of the given bits.
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// One object is read.
  public static let get = ObjectAccess(rawValue: 1)
  /// Objects are listed.
  public static let list = ObjectAccess(rawValue: 2)
  /// Objects are watched.
  public static let watch = ObjectAccess(rawValue: 4)
  /// Objects are created.
  public static let create = ObjectAccess(rawValue: 8)
  /// Objects are changed, by server-side apply or by a JSON patch.
  public static let patch = ObjectAccess(rawValue: 16)
  /// Objects are deleted.
  public static let delete = ObjectAccess(rawValue: 32)
  /// Objects are replaced.
  public static let update = ObjectAccess(rawValue: 64)
  /// Objects are listed and watched.
  public static let read: ObjectAccess = [.list, .watch]

  /// The verbs by their names in RBAC, in the order of the bits.
  public var verbs: [String] {
    let names: [(ObjectAccess, String)] = [
      (.get, "get"), (.list, "list"), (.watch, "watch"), (.create, "create"), (.patch, "patch"),
      (.delete, "delete"), (.update, "update"),
    ]
    return names.filter { contains($0.0) }.map(\.1)
  }
}

/// How closely a patch of an object is tied to what was observed.
public enum PatchGuard: Sendable, Hashable {
  /// To the very object: for what is harmless when another write came in between.
  case uid
  /// To this version of the object: for Secrets, the APIService, Deployments and atomic lists.
  case version
}
