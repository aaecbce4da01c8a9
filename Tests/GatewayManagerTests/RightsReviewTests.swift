import Foundation
import GatewayAPI
import GatewayManager
import GatewayReconcile
import KubeCore
import KubeKindsRBAC
import KubeMemory
import KubeReconcile
import KubeTesting
import KubeTransport
import OCMSimulator
import Testing

/// The rights that `doctor` checks, and the gateway's callers.
@Suite struct RightsReviewTests {
  private static let account = InstallManifests.serviceAccount(in: OCMHub.addOnNamespace)
  private static let user = APIUser.serviceAccount(
    namespace: OCMHub.addOnNamespace, name: RightsReviewTests.account.name)
  private static let rights = GatewayTable(configuration: OCMHub.direct.defaulted()).rights

  private static func server(granting rights: [RequiredRight]) async throws -> MemoryAPIServer {
    var server = try await ReportHub.shared.value
    server.setAuthorization(.rbac, at: ReportHub.time)
    for role in rights.roles(named: "manager", for: account) {
      let key = ObjectKey(
        type(of: role).type, namespace: role.metadata.namespace, name: role.metadata.name)
      try server.require(.create(key, role.json), at: ReportHub.time)
    }
    return server
  }

  private func missing(
    _ server: MemoryAPIServer, as user: APIUser, _ subject: RightsReview.Subject
  ) async throws -> [RightsReview.Row] {
    let client = KubeClient(
      InMemoryCluster(server, now: { ReportHub.time }).transport(as: user), fieldManager: "test")
    return try await RightsReview(client, of: subject).rows(RightsReviewTests.rights).filter {
      !$0.missing.isEmpty
    }
  }

  @Test func `a manager with its rights lacks none, asked by itself or by an administrator`() async throws {
    let server = try await RightsReviewTests.server(granting: RightsReviewTests.rights)
    let account = RightsReviewTests.account
    let subject = RightsReview.Subject.serviceAccount(
      namespace: account.namespace ?? "", name: account.name)
    #expect(try await missing(server, as: .admin, subject) == [])
    #expect(try await missing(server, as: RightsReviewTests.user, .caller) == [])
  }

  @Test func `a right that is missing is named by its row`() async throws {
    let held = RightsReviewTests.rights.filter { !$0.rule.resources.contains("apiservices") }
    #expect(held.count < RightsReviewTests.rights.count)
    let server = try await RightsReviewTests.server(granting: held)
    let rows = try await missing(server, as: RightsReviewTests.user, .caller)
    #expect(!rows.isEmpty)
    for row in rows {
      #expect(row.right.rule.resources == ["apiservices"])
      #expect(row.missing.first?.resources == ["apiservices"])
      #expect(!row.right.reasons.isEmpty)
    }
  }

  @Test func `who may not ask is refused`() async throws {
    let server = try await RightsReviewTests.server(granting: [])
    await #expect(throws: KubeError.self) {
      try await missing(
        server, as: .serviceAccount(namespace: "default", name: "nobody"),
        .serviceAccount(namespace: "a", name: "b"))
    }
  }

  @Test func `callers of the gateway are found through wildcards, names and verbs`() {
    func role(_ name: String, _ rules: PolicyRule...) -> ClusterRole {
      ClusterRole(metadata: ObjectMeta(name: name), rules: rules)
    }
    func binding(_ role: String, _ kind: String, name: String, namespace: String? = nil)
      -> ClusterRoleBinding
    {
      ClusterRoleBinding(
        metadata: ObjectMeta(name: "\(role)-\(name)"),
        subjects: [RBACSubject(kind: kind, name: name, namespace: namespace)],
        roleRef: RoleRef(apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role))
    }
    let group = ClusterGateway.type.group
    let callers = GatewayCallers(
      roles: [
        role("all", PolicyRule(verbs: ["*"], apiGroups: ["*"], resources: ["*"])),
        role(
          "some",
          PolicyRule(
            verbs: ["get", "list"], apiGroups: [group], resources: ["clustergateways/proxy"],
            resourceNames: ["a"])),
        role("health", PolicyRule(verbs: ["get"], apiGroups: [group], resources: ["clustergateways/health"])),
        role("plain", PolicyRule(verbs: ["get"], apiGroups: [group], resources: ["clustergateways"])),
      ],
      bindings: [
        binding("all", "Group", name: "system:masters"),
        binding("some", "ServiceAccount", name: "robot", namespace: "ci"),
        binding("health", "User", name: "jane"), binding("plain", "User", name: "joe"),
        binding("gone", "User", name: "jim"),
      ])
    #expect(callers.grants.map(\.subject) == ["Group system:masters", "ServiceAccount ci/robot"])
    #expect(callers.grants.first?.clusters == [])
    #expect(callers.grants.first?.verbs == ["get", "create", "update", "patch", "delete"])
    #expect(callers.grants.last?.clusters == ["a"])
    #expect(callers.grants.last?.verbs == ["get"])
  }
}
