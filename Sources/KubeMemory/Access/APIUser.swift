/// An authenticated user of an API server (API reference UserInfo v1).
public struct APIUser: Sendable, Hashable, CustomStringConvertible {
  /// The name, unique among all users.
  public var name: String
  /// The identifier that distinguishes the user from earlier or later ones of the same name; empty
  /// for none.
  public var uid: String
  /// The groups, including those that the server adds.
  public var groups: [String]
  /// Further attributes; RBAC authorization ignores them.
  public var extra: [String: [String]]

  /// Creates a user.
  ///
  /// - Parameters:
  ///   - name: The name.
  ///   - uid: The uid; empty for none.
  ///   - groups: The groups; `system:authenticated` isn't added.
  ///   - extra: Further attributes.
  public init(name: String, uid: String = "", groups: [String] = [], extra: [String: [String]] = [:]) {
    self.name = name
    self.uid = uid
    self.groups = groups
    self.extra = extra
  }

  /// The user of a ServiceAccount's tokens, with the groups of every ServiceAccount.
  public static func serviceAccount(namespace: String, name: String, uid: String = "") -> APIUser {
    APIUser(
      name: accountPrefix + namespace + ":" + name, uid: uid,
      groups: accountGroups(namespace) + [allAuthenticated])
  }

  /// An administrator, in the group `system:masters`, who may do everything.
  public static let admin = APIUser(name: "kubernetes-admin", groups: [masters, allAuthenticated])

  /// The user of requests without credentials.
  public static let anonymous = APIUser(name: "system:anonymous", groups: [allUnauthenticated])

  /// The group that is authorized to do everything.
  static let masters = "system:masters"
  static let allAuthenticated = "system:authenticated"
  static let allUnauthenticated = "system:unauthenticated"
  private static let accountPrefix = "system:serviceaccount:"

  static func accountGroups(_ namespace: String) -> [String] {
    ["system:serviceaccounts", "system:serviceaccounts:" + namespace]
  }

  /// Whether the user is authorized without a check.
  var isPrivileged: Bool { groups.contains(APIUser.masters) }

  /// The namespace and name of the ServiceAccount that a user's name denotes.
  static func account(ofUser name: String) -> (namespace: String, name: String)? {
    guard name.hasPrefix(accountPrefix) else { return nil }
    let parts = name.dropFirst(accountPrefix.count).split(
      separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else { return nil }
    return (String(parts[0]), String(parts[1]))
  }

  /// The user's name.
  public var description: String { name }
}
