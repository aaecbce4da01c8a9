import KubeCore
import Synchronization

/// The rules that users hold, resolved when they are first asked for.
///
/// The copies of a world share one until an RBAC object changes in one of them, which goes on with
/// another. What is in it shows in nothing but the time that a request takes.
final class AccessCache: Sendable {
  /// What bindings choose users by.
  struct Subject: Hashable {
    var name: String
    var groups: [String]

    init(_ user: APIUser) {
      name = user.name
      groups = user.groups
    }

    func hash(into hasher: inout Hasher) { hasher.combine(name) }
  }

  /// The most namespaces and, in each, the most users that are kept.
  private static let capacity = 4096

  private typealias Rules = [String: [Subject: [PolicyRule]]]
  private let rules: Mutex<Rules>

  init() { rules = Mutex([:]) }

  private init(_ known: sending Rules) { rules = Mutex(known) }

  /// What the bindings of `namespace` (empty for ClusterRoleBindings) grant `user`, made by
  /// `resolve` where it isn't known.
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

  /// What is still true after an RBAC object changed: nothing after one for the whole cluster (an
  /// empty namespace).
  func forgetting(namespace: String) -> AccessCache {
    guard !namespace.isEmpty else { return AccessCache() }
    var known = rules.withLock { $0 }
    known[namespace] = nil
    return AccessCache(known)
  }
}
