/// The verbs of the API that an operator uses on objects.
public struct ObjectAccess: OptionSet, Sendable, Hashable {
  /// The bits, one for each verb.
  public var rawValue: UInt8
  /// Creates a set from its bits.
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Reading one object.
  public static let get = ObjectAccess(rawValue: 1)
  /// Listing objects.
  public static let list = ObjectAccess(rawValue: 2)
  /// Watching objects.
  public static let watch = ObjectAccess(rawValue: 4)
  /// Creating objects.
  public static let create = ObjectAccess(rawValue: 8)
  /// Changing objects by server-side apply or by a JSON patch.
  public static let patch = ObjectAccess(rawValue: 16)
  /// Deleting objects.
  public static let delete = ObjectAccess(rawValue: 32)
  /// Replacing objects.
  public static let update = ObjectAccess(rawValue: 64)
  /// Listing and watching objects.
  public static let read: ObjectAccess = [.list, .watch]

  /// The verbs' names in RBAC, in the order of the bits.
  public var verbs: [String] {
    let names: [(ObjectAccess, String)] = [
      (.get, "get"), (.list, "list"), (.watch, "watch"), (.create, "create"), (.patch, "patch"),
      (.delete, "delete"), (.update, "update"),
    ]
    return names.filter { contains($0.0) }.map(\.1)
  }
}
