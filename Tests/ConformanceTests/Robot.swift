import HTTPTypes
import KubeCore
import KubeKindsRBAC
import KubeTransport

/// A ServiceAccount's user in a sandbox, and its grants there.
struct Robot: Sendable {
  /// The sandbox with an administrator's requests.
  let admin: Sandbox
  /// The sandbox with the robot's requests.
  let sandbox: Sandbox

  var user: String { "system:serviceaccount:\(admin.namespace):robot" }
  /// The user's name in refusals.
  var cannot: String { "User \"\(user)\" cannot" }
  var groups: String {
    "[\"system:serviceaccounts\" \"system:serviceaccounts:\(admin.namespace)\" \"system:authenticated\"]"
  }

  init(_ admin: Sandbox) {
    self.admin = admin
    sandbox = admin.acting(as: Impersonation(user: "system:serviceaccount:\(admin.namespace):robot"))
  }

  static let group = Role.type.group

  static func rule(_ verbs: [String], _ resources: [String], group: String = "", names: [String] = [])
    -> PolicyRule
  {
    PolicyRule(verbs: verbs, apiGroups: [group], resources: resources, resourceNames: names)
  }

  func role(_ name: String, _ rules: [PolicyRule]) -> JSONValue {
    Role(metadata: ObjectMeta(name: name, namespace: admin.namespace), rules: rules).json
  }

  /// A binding of a Role to the robot.
  func binding(_ name: String, to role: String) -> JSONValue {
    let subject = RBACSubject(kind: "ServiceAccount", name: "robot", namespace: admin.namespace)
    return RoleBinding(
      metadata: ObjectMeta(name: name, namespace: admin.namespace), subjects: [subject],
      roleRef: RoleRef(apiGroup: Robot.group, kind: "Role", name: role)
    ).json
  }

  /// Grants `rules` in the sandbox's namespace, and waits until the server applies them.
  func grant(_ name: String, _ rules: [PolicyRule]) async throws {
    try await admin.create(role(name, rules))
    try await admin.create(binding(name, to: name))
    for part in rules.flatMap(\.parts) {
      let resource = (part.resources.first ?? "").split(separator: "/", maxSplits: 1)
      _ = try await admin.eventually("\(part) is granted") {
        try await review(
          .fields([
            "namespace": .string(admin.namespace), "verb": part.verbs.first?.json,
            "group": part.apiGroups.first?.json, "resource": resource.first.map { .string(String($0)) },
            "subresource": resource.count > 1 ? .string(String(resource[1])) : nil,
            "name": part.resourceNames.first?.json,
          ]))?["allowed"] == true ? true : nil
      }
    }
  }

  /// The status of the robot's own access review.
  func review(_ attributes: JSONValue) async throws -> JSONValue? {
    let (_, answer) = try await Robot.review(
      "SelfSubjectAccessReview", ["resourceAttributes": attributes], in: sandbox)
    return answer?["status"]
  }

  /// The response to a review of the group authorization.k8s.io.
  static func review(_ kind: String, _ spec: JSONValue, in sandbox: Sandbox, namespace: String? = nil)
    async throws -> (status: Int, body: JSONValue?)
  {
    let group = kind == "TokenReview" ? "authentication.k8s.io" : "authorization.k8s.io"
    let review: JSONValue = [
      "kind": .string(kind), "apiVersion": .string(group + "/v1"), "spec": spec,
      "metadata": .fields(["namespace": namespace?.json]),
    ]
    return try await sandbox.raw(
      .post,
      ["apis", group, "v1"] + (namespace.map { ["namespaces", $0] } ?? []) + [kind.lowercased() + "s"],
      body: JSONWriter().text(review))
  }

  /// Expects `body` to be refused with 403 and `message`.
  func forbidden(
    _ message: String, line: Int = #line, file: String = #fileID, _ body: (Sandbox) async throws -> Void
  ) async throws {
    let error = try await admin.refused(.forbidden, 403, "Forbidden", line: line, file: file) {
      try await body(sandbox)
    }
    try expect(error.status?.message ?? "", message, "the message", line: line, file: file)
  }

  /// Expects a GET of `path` to be refused with 403, `message` and `details`.
  func forbidden(
    _ path: [String], query: [(String, String)] = [], _ message: String, _ details: JSONValue? = nil,
    line: Int = #line, file: String = #fileID
  ) async throws {
    let (status, body) = try await sandbox.raw(.get, path, query: query)
    try expect(status, 403, "the status", line: line, file: file)
    try expect(body?["message"], .string(message), "the message", line: line, file: file)
    if let details { try expect(body?["details"], details, "the details", line: line, file: file) }
  }
}
