import KubeCore
import Synchronization

/// A cache of the rules that users hold, resolved on demand.
///
/// The copies of a server share one until an RBAC object changes in one of them, which then gets
/// another. It affects nothing but the time that a request takes.
final class AccessCache: Sendable {
  /// The attributes by which bindings select users.
  struct Subject: Hashable {
    var name: String
    var groups: [String]

    init(_ user: APIUser) {
      name = user.name
      groups = user.groups
    }

    func hash(into hasher: inout Hasher) { hasher.combine(name) }
  }

  /// The maximum number of namespaces, and of users in each.
  private static let capacity = 4096

  private typealias Rules = [String: [Subject: [PolicyRule]]]
  private let rules: Mutex<Rules>

  init() { rules = Mutex([:]) }

  private init(_ known: sending Rules) { rules = Mutex(known) }

  /// The rules that the bindings of `namespace` (empty for ClusterRoleBindings) grant `user`,
  /// computed by `resolve` where they aren't cached.
  func rules(of user: APIUser, in namespace: String, resolve: () -> [PolicyRule]) -> [PolicyRule] {
    let subject = Subject(user)
    if let known = rules.withLock({ $0[namespace]?[subject] }) { return known }
    let resolved = resolve()
    rules.withLock { rules in
      if rules.count >= AccessCache.capacity || rules[namespace]?.count ?? 0 >= AccessCache.capacity {
        rules = [:]
      }
      rules[namespace, default: [:]][subject] = resolved
    }
    return resolved
  }

  /// The cache without the entries that a changed RBAC object in this namespace invalidates: all of
  /// them for an empty namespace, which stands for the whole cluster.
  func forgetting(namespace: String) -> AccessCache {
    guard !namespace.isEmpty else { return AccessCache() }
    var known = rules.withLock { $0 }
    known[namespace] = nil
    return AccessCache(known)
  }
}
