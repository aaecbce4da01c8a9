import KubeCore

/// The RBAC kinds and the parts of them that authorization uses (API references Role, ClusterRole
/// and their bindings, v1).
enum RBACKinds {
  static let group = "rbac.authorization.k8s.io"
  static let role = type("Role", "roles", isNamespaced: true)
  static let clusterRole = type("ClusterRole", "clusterroles", isNamespaced: false)
  static let roleBinding = type("RoleBinding", "rolebindings", isNamespaced: true)
  static let clusterRoleBinding = type("ClusterRoleBinding", "clusterrolebindings", isNamespaced: false)

  private static func type(_ kind: String, _ plural: String, isNamespaced: Bool) -> ResourceType {
    ResourceType(group: group, version: "v1", kind: kind, plural: plural, isNamespaced: isNamespaced)
  }
}

/// The role that a binding grants.
struct RoleReference {
  var apiGroup: String
  var kind: String
  var name: String

  /// Creates the reference; `nil` where one of the members is not a string.
  init?(_ json: JSONValue?) {
    guard let apiGroup = json?["apiGroup"]?.string, let kind = json?["kind"]?.string,
      let name = json?["name"]?.string
    else { return nil }
    (self.apiGroup, self.kind, self.name) = (apiGroup, kind, name)
  }
}

/// A subject to which a binding grants a role.
struct RoleSubject {
  var kind: String
  var name: String
  var namespace: String?

  /// Creates the subject; `nil` where kind or name is not a string.
  init?(_ json: JSONValue) {
    guard let kind = json["kind"]?.string, let name = json["name"]?.string else { return nil }
    (self.kind, self.name, namespace) = (kind, name, json["namespace"]?.string)
  }
}
