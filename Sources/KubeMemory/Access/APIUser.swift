/// A user as an API server knows one after authentication (API reference UserInfo v1).
public struct APIUser: Sendable, Hashable, CustomStringConvertible {
  /// The name, unique among all users.
  public var name: String
  /// What tells the user from an earlier or later one of the same name; empty for none.
  public var uid: String
  /// The groups, those that the server adds included.
  public var groups: [String]
  /// Further attributes; authorisation by RBAC doesn't look at them.
  public var extra: [String: [String]]

  /// A user.
  ///
  /// - Parameters:
  ///   - name: The name.
  ///   - uid: The uid; empty for none.
  ///   - groups: The groups, as they are: `system:authenticated` isn't added.
  ///   - extra: Further attributes.
  public init(name: String, uid: String = "", groups: [String] = [], extra: [String: [String]] = [:]) {
    self.name = name
    self.uid = uid
    self.groups = groups
    self.extra = extra
  }

  /// The user that a ServiceAccount's tokens stand for, with the groups of every ServiceAccount.
  public static func serviceAccount(namespace: String, name: String, uid: String = "") -> APIUser {
    APIUser(
      name: accountPrefix + namespace + ":" + name, uid: uid,
      groups: accountGroups(namespace) + [allAuthenticated])
  }

  /// An administrator, of the group `system:masters`, who may do everything.
  public static let admin = APIUser(name: "kubernetes-admin", groups: [masters, allAuthenticated])

  /// The user of requests without credentials.
  public static let anonymous = APIUser(name: "system:anonymous", groups: [allUnauthenticated])

  /// The group that is authorised to do everything.
  static let masters = "system:masters"
  static let allAuthenticated = "system:authenticated"
  static let allUnauthenticated = "system:unauthenticated"
  private static let accountPrefix = "system:serviceaccount:"

  static func accountGroups(_ namespace: String) -> [String] {
    ["system:serviceaccounts", "system:serviceaccounts:" + namespace]
  }

  /// Whether authorisation is never asked.
  var isPrivileged: Bool { groups.contains(APIUser.masters) }

  /// The namespace and name of the ServiceAccount that a user's name stands for.
  static func account(ofUser name: String) -> (namespace: String, name: String)? {
    guard name.hasPrefix(accountPrefix) else { return nil }
    let parts = name.dropFirst(accountPrefix.count).split(
      separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else { return nil }
    return (String(parts[0]), String(parts[1]))
  }

  /// The name alone.
  public var description: String { name }
}
