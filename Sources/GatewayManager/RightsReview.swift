package import KubeCore
package import KubeReconcile
package import KubeTransport

/// A check with the API server of whether an account has the rights that the manager needs, one
/// request for each verb, resource and name (SubjectAccessReview, SelfSubjectAccessReview).
package struct RightsReview: Sendable {
  /// The account whose rights are checked.
  package enum Subject: Sendable, Hashable {
    /// A ServiceAccount.
    case serviceAccount(namespace: String, name: String)
    /// The client's own account.
    case caller
  }

  /// One row of the table of rights, and its missing part.
  package struct Row: Sendable, Hashable {
    /// The right that is needed.
    package var right: RequiredRight
    /// The parts of its rule that aren't granted, in rules of one resource and name each.
    package var missing: [PolicyRule]
  }

  /// The maximum number of concurrent requests.
  private static let concurrency = 16

  /// The client that asks.
  package var client: KubeClient
  /// The account whose rights are checked.
  package var subject: Subject

  /// Creates a review.
  package init(_ client: KubeClient, of subject: Subject) {
    self.client = client
    self.subject = subject
  }

  /// Returns the rows of `rights`, in their order. Throws a `KubeError` if the client may not ask.
  package func rows(_ rights: [RequiredRight]) async throws -> [Row] {
    let parts = rights.enumerated().flatMap { row, right in
      right.rule.parts.map { (row, $0, right.namespace) }
    }
    var missing: [Int: [PolicyRule]] = [:]
    try await withThrowingTaskGroup(of: (Int, PolicyRule, Bool).self) { group in
      var rest = parts[...]
      func ask() {
        guard let (row, part, namespace) = rest.popFirst() else { return }
        group.addTask { (row, part, try await isAllowed(part, in: namespace)) }
      }
      for _ in 0..<RightsReview.concurrency { ask() }
      while let (row, part, isAllowed) = try await group.next() {
        if !isAllowed { missing[row, default: []].append(part) }
        ask()
      }
    }
    return rights.enumerated().map { row, right in
      Row(
        right: right,
        missing: [PolicyRule]().missing(of: (missing[row] ?? []).sorted { $0.description < $1.description }))
    }
  }

  private func isAllowed(_ part: PolicyRule, in namespace: String?) async throws -> Bool {
    let resource = (part.resources.first ?? "").split(separator: "/", maxSplits: 1).map(String.init)
    let attributes = JSONValue.fields([
      "namespace": namespace.map { .string($0) }, "verb": part.verbs.first.map { .string($0) },
      "group": part.apiGroups.first.map { .string($0) }, "resource": resource.first.map { .string($0) },
      "subresource": resource.count > 1 ? .string(resource[1]) : nil,
      "name": part.resourceNames.first.map { .string($0) },
    ])
    var spec: JSONValue = ["resourceAttributes": attributes]
    let kind: String
    switch subject {
    case .caller: kind = "SelfSubjectAccessReview"
    case .serviceAccount(let account, let name):
      kind = "SubjectAccessReview"
      spec["user"] = .string("system:serviceaccount:\(account):\(name)")
      spec["groups"] = [
        "system:serviceaccounts", .string("system:serviceaccounts:\(account)"), "system:authenticated",
      ]
    }
    let type = ResourceType(
      group: "authorization.k8s.io", version: "v1", kind: kind, plural: kind.lowercased() + "s",
      isNamespaced: false)
    let review: JSONValue = [
      "apiVersion": .string(type.apiVersion), "kind": .string(kind), "spec": spec,
    ]
    let answer = try await client.json(.create(ObjectKey(type, name: ""), review))
    return answer?.value(at: "status", "allowed") == true
  }
}
