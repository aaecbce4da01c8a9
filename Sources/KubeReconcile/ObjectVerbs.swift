/// The verbs of the API that an operator uses on objects.
public struct ObjectVerbs: OptionSet, Sendable, Hashable {
  /// The bits, one for each verb.
  public var rawValue: UInt8
  /// Creates a set from its bits.
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Reading one object.
  public static let get = ObjectVerbs(rawValue: 1)
  /// Listing objects.
  public static let list = ObjectVerbs(rawValue: 2)
  /// Watching objects.
  public static let watch = ObjectVerbs(rawValue: 4)
  /// Creating objects.
  public static let create = ObjectVerbs(rawValue: 8)
  /// Changing objects by server-side apply or by a JSON patch.
  public static let patch = ObjectVerbs(rawValue: 16)
  /// Deleting objects.
  public static let delete = ObjectVerbs(rawValue: 32)
  /// Replacing objects.
  public static let update = ObjectVerbs(rawValue: 64)
  /// Listing and watching objects.
  public static let read: ObjectVerbs = [.list, .watch]

  /// The verbs' names in RBAC, in the order of the bits.
  public var names: [String] {
    let all: [(ObjectVerbs, String)] = [
      (.get, "get"), (.list, "list"), (.watch, "watch"), (.create, "create"), (.patch, "patch"),
      (.delete, "delete"), (.update, "update"),
    ]
    return all.filter { contains($0.0) }.map(\.1)
  }
}
