import Foundation
import GatewayAPI
import GatewayManager
import GatewayReconcile
import HTTPTypes
import KubeCore
import KubeKindsCoordination
import KubeKindsCore
import KubeKindsEvents
import KubeKindsRBAC
import KubeMemory
import KubeReconcile
import KubeTesting
import KubeTransport
import OCMSimulator
import Synchronization
import Testing

/// The life of one hub from the installation to the removal, with its state at each stage.
struct RightsLife {
  struct Stage {
    var name: String
    /// The hub before the manager's round.
    var server: MemoryAPIServer
    /// The manager's requests in the round.
    var asked: [AccessAttributes]

    /// Whether a role or a binding is written in a namespace, or in the whole cluster.
    func writesRoles(in namespace: String?) -> Bool {
      asked.contains {
        guard case .resource(let access) = $0 else { return false }
        return access.group == ClusterRole.type.group && access.namespace == namespace ?? ""
          && ["create", "patch"].contains(access.verb)
      }
    }
  }

  var stages: [Stage] = []
  var forbidden: [String] = []

  static let time = Date(timeIntervalSince1970: 1_796_083_200)
  static let user = APIUser.serviceAccount(
    namespace: OCMHub.addOnNamespace, name: ManagerIdentity.fieldManager)
  static let others = SimulatedControllers.ocmHub()

  /// The rights for the last configuration, and for the objects of the former ones.
  static var rights: [RequiredRight] {
    var former = FormerPlaces()
    former.installNamespaces = ["vela-system"]
    former.secretNamespaces = [OCMHub.direct.secretNamespace]
    former.accounts = ["cluster-gateway"]
    former.copies = ["vela-system": ["proxy-client", "proxy-server-ca"]]
    let first = GatewayTable(configuration: OCMHub.tunneled.defaulted())
    let last = GatewayTable(configuration: moved.defaulted(), former: former)
    return (first.rights + last.rights).merged
  }

  /// A configuration with another namespace and another identity.
  static var moved: ClusterGatewayConfiguration.Spec {
    var spec = OCMHub.tunneled
    spec.installNamespace = "gateway"
    spec.secretNamespace = "gateway-credentials"
    spec.secretManagement.managedServiceAccount = .init(name: "gateway")
    return spec
  }

  static func hub(_ server: MemoryAPIServer) -> InMemoryCluster { InMemoryCluster(server, now: { time }) }

  static func client(_ hub: InMemoryCluster) -> KubeClient {
    KubeClient(hub.transport(as: user), fieldManager: ManagerIdentity.fieldManager)
  }

  /// Grants these rights and no others.
  static func grant(_ rights: [RequiredRight], on server: inout MemoryAPIServer) throws {
    let account = ObjectKey(
      ServiceAccount.type, namespace: OCMHub.addOnNamespace, name: ManagerIdentity.fieldManager)
    for type in [ClusterRole.type, Role.type] {
      for object in server.objects(type) where object.metadata.name == account.name {
        let key = ObjectKey(type, namespace: object.metadata.namespace, name: account.name)
        try server.require(.mergePatch(key, ["rules": []]), at: time)
      }
    }
    for object in rights.roles(named: account.name, for: account) {
      let key = ObjectKey(
        type(of: object).type, namespace: object.metadata.namespace, name: object.metadata.name)
      if server.object(key) == nil {
        try server.require(.create(key, object.json), at: time)
      } else if let rules = object.json["rules"] {
        try server.require(.mergePatch(key, ["rules": rules]), at: time)
      }
    }
  }

  /// The findings of two rounds from a stage on, without a right.
  static func findings(from stage: Stage, without right: RequiredRight) async throws -> [Finding] {
    var server = stage.server
    try grant(
      rights.flatMap(\.single).filter { $0.namespace != right.namespace || $0.rule != right.rule },
      on: &server)
    var rounds = ConvergenceRounds(client(hub(server)))
    var findings: [Finding] = []
    for _ in 0..<4 { findings += try await rounds.next(at: time).plan.findings }
    return findings
  }

  /// A record of the manager's requests, and of the forbidden ones.
  final class Notes: Transport {
    let inner: any Transport
    let asked = Mutex<[AccessAttributes]>([])
    let forbidden = Mutex<[String]>([])

    init(_ inner: any Transport) { self.inner = inner }

    func send(_ request: KubeRequest) async throws -> KubeResponse {
      let attributes = AccessAttributes(request)
      asked.withLock { $0.append(attributes) }
      let response = try await inner.send(request)
      if response.status.code == 403 {
        forbidden.withLock { $0.append("\(request.method) \(request.target)") }
      }
      return response
    }
  }

  /// The life that every test uses.
  static let shared = Task { try await live() }

  private static func live() async throws -> RightsLife {
    var server = MemoryAPIServer(at: time)
    try OCMHub(configuration: OCMHub.direct, proxyCredentials: .example).install(on: &server, at: time)
    server.setAuthorization(.rbac, at: time)
    server.enforcesOwnerReferencePermissions = true
    for name in ["vela-system", OCMHub.direct.secretNamespace, "gateway", "gateway-credentials"] {
      let namespace = Namespace(metadata: ObjectMeta(name: name))
      try server.require(.create(namespace.key, namespace.json), at: time)
    }
    try grant(rights, on: &server)
    let hub = hub(server)
    let notes = Notes(hub.transport(as: user))
    var life = RightsLife()
    let events: [(String, @Sendable (inout MemoryAPIServer) throws -> Void)] = [
      ("installation", { _ in }),
      (
        "clusters join",
        { server in
          for cluster in ["a", "b", "c", "d"] { try Registration().join(cluster, on: &server, at: time) }
        }
      ),
      ("objects are changed by hand", { server in try RightsLife.disturb(&server) }),
      ("egress through the tunnel", { try RightsLife.configure(OCMHub.tunneled, on: &$0) }),
      ("the proxy's credentials rotate early", { try RightsLife.rotateProxyCredentials(&$0) }),
      ("Secrets become immutable", { try RightsLife.freeze(&$0) }),
      ("a cluster opts out", { try RightsLife.optOut("b", on: &$0) }),
      (
        "a cluster with an add-on of others opts out",
        { try RightsLife.optOutWithForeignAddOn("c", on: &$0) }
      ),
      ("the proxy's credentials rotate", { try RightsLife.rotateProxyCredentials(&$0) }),
      ("another place", { try RightsLife.configure(RightsLife.moved, on: &$0) }),
      ("objects there are changed by hand", { try RightsLife.disturb(&$0) }),
      ("Secrets there become immutable", { try RightsLife.freeze(&$0) }),
      ("the proxy's credentials rotate again", { try RightsLife.rotateProxyCredentials(&$0) }),
      (
        "another cluster with an add-on of others opts out",
        { try RightsLife.optOutWithForeignAddOn("d", on: &$0) }
      ),
      ("a cluster leaves", { try Registration().leave("a", on: &$0, at: time) }),
    ]
    var rounds = ConvergenceRounds(
      KubeClient(notes, fieldManager: ManagerIdentity.fieldManager))
    for (name, event) in events {
      try await hub.withServer { try event(&$0) }
      for _ in 0..<12 {
        let before = await hub.snapshot
        notes.asked.withLock { $0 = [] }
        let round = try await rounds.next(at: time)
        life.stages.append(Stage(name: name, server: before, asked: notes.asked.withLock { $0 }))
        let changes = await hub.withServer { others.converge(on: &$0, at: time) }
        if round.plan.changesNothing, changes == 0 { break }
      }
    }
    life.forbidden = notes.forbidden.withLock { $0 }
    // Only here: where a namespace isn't there, neither are rights in it.
    var unprepared = moved
    unprepared.secretNamespace = "unprepared"
    try await hub.withServer { [unprepared] in try RightsLife.configure(unprepared, on: &$0) }
    for _ in 0..<2 {
      let before = await hub.snapshot
      notes.asked.withLock { $0 = [] }
      _ = try await rounds.next(at: time)
      life.stages.append(
        Stage(name: "a namespace isn't there", server: before, asked: notes.asked.withLock { $0 }))
    }
    return life
  }

  // MARK: Events

  static func configure(
    _ spec: ClusterGatewayConfiguration.Spec, on server: inout MemoryAPIServer
  ) throws {
    let key = ObjectKey(ClusterGatewayConfiguration.type, name: ManagerIdentity.addOnName)
    try server.require(.mergePatch(key, ["spec": spec.json]), at: time)
  }

  private static func optOut(_ cluster: String, on server: inout MemoryAPIServer) throws {
    try server.require(
      .mergePatch(
        ObjectKey(ManagedCluster.type, name: cluster),
        ["metadata": ["annotations": [.init(OCMAnnotations.disableAutomaticInstallation): "true"]]]), at: time
    )
  }

  /// The add-on is taken over by a person, and then the cluster opts out.
  private static func optOutWithForeignAddOn(
    _ cluster: String, on server: inout MemoryAPIServer
  ) throws {
    let key = ObjectKey(ManagedClusterAddOn.type, namespace: cluster, name: ManagerIdentity.addOnName)
    let entries = server.object(key)?.json.value(at: "metadata", "managedFields")?.array ?? []
    let renamed = entries.map { entry in
      var entry = entry
      if entry["manager"]?.string == ManagerIdentity.fieldManager { entry["manager"] = "person" }
      return entry
    }
    try server.require(
      .jsonPatch(key, [.replace(path: "/metadata/managedFields", .array(renamed))]), at: time)
    try optOut(cluster, on: &server)
  }

  /// Changes a field of every managed object.
  private static func disturb(_ server: inout MemoryAPIServer) throws {
    let tables = [OCMHub.tunneled, moved].map { GatewayTable(configuration: $0.defaulted()) }
    for row in tables.flatMap(\.rows)
    where row.verbs.contains(.patch) && ![Lease.type, KubeKindsEvents.Event.type].contains(row.type) {
      for object in server.objects(row.type)
      where row.mayContain(object.groupKind, namespace: object.metadata.namespace, name: object.metadata.name)
        && object.metadata.labels[ManagerIdentity.managedByLabel] == ManagerIdentity.fieldManager
      {
        let key = ObjectKey(row.type, namespace: object.metadata.namespace, name: object.metadata.name)
        // Also the fields that OwnerReferencesPermissionEnforcement checks. The label is the only other
        // field of a ServiceAccount that is ours.
        var metadata: JSONValue = ["ownerReferences": .null]
        if row.type != ServiceAccount.type {
          metadata["labels"] = .fields([ManagerIdentity.managedByLabel: .null])
        }
        try server.require(.mergePatch(key, ["metadata": metadata]), at: time)
      }
    }
  }

  /// Another client certificate, and another CA beside the first.
  private static func rotateProxyCredentials(_ server: inout MemoryAPIServer) throws {
    let example = OCMHub.ProxyCredentials.example
    for (name, data) in [("proxy-client", example.client), ("proxy-server-ca", example.ca)] {
      let changed = data.mapValues { value -> JSONValue in
        var text = value.exposedText() ?? ""
        text += "\n# \(server.resourceVersion)\n"
        return .string(Base64.encode(Array(text.utf8)))
      }
      try server.require(
        .mergePatch(
          ObjectKey(Secret.type, namespace: OCMHub.addOnNamespace, name: name),
          ["data": .object(JSONObject(changed.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }))]),
        at: time)
    }
  }

  private static func freeze(_ server: inout MemoryAPIServer) throws {
    for object in server.objects(Secret.type)
    where object.metadata.labels[ManagerIdentity.managedByLabel] == ManagerIdentity.fieldManager
      && object.metadata.name != ManagerIdentity().signerSecretName
    {
      let key = ObjectKey(Secret.type, namespace: object.metadata.namespace, name: object.metadata.name)
      try server.require(
        .mergePatch(
          key,
          ["immutable": true, "data": [.init("tls.crt"): "Z2FyYmFnZQ==", .init("token"): "Z2FyYmFnZQ=="]]),
        at: time)
    }
  }
}

extension RequiredRight {
  /// The right in rules of one verb, resource and name each.
  var single: [RequiredRight] {
    rule.parts.map { RequiredRight(namespace: namespace, rule: $0, reasons: reasons) }
  }

  /// Whether the right is used by other parts of the manager than plans: leader election, Events,
  /// probes, and the watches, which have tests of their own; or for API servers that apply no
  /// APIServices.
  var isUsedElsewhere: Bool {
    rule.verbs == ["watch"] || rule.verbs == ["get"] && rule.resources == ["apiservices"]
      || !Set(rule.resources).isDisjoint(with: [
        "leases", "events", "clustergateways/proxy", "clustergateways/health", "clustergateways",
      ])
  }

  func overlaps(_ other: RequiredRight) -> Bool {
    (namespace == other.namespace) && rule.resources == other.rule.resources
      && !Set(rule.verbs).isDisjoint(with: other.rule.verbs)
  }

  /// Whether a finding names the right, or the role or binding that can't be written without it.
  func isNamed(by finding: Finding) -> Bool {
    let problem = finding.problem
    /// Whether the problem has these words at the end of a name.
    func says(_ words: String) -> Bool { " ;:".contains { problem.contains("\(words)\($0)") } }
    guard finding.code == "RightsMissing", namespace.map({ says("in namespace \($0)") }) ?? true else {
      return false
    }
    let (verb, group) = (rule.verbs[0], rule.apiGroups[0])
    let path = rule.resources[0].split(separator: "/", maxSplits: 1)
    var target = path[0] + (group.isEmpty ? "" : ".\(group)")
    if path.count > 1 { target += "/\(path[1])" }
    if let name = rule.resourceNames.first { target += " \"\(name)\"" }
    if says("may not \(verb == "list" ? "list and watch" : verb) \(target)") { return true }
    // Refused by checks other than that of the verb.
    if verb == "delete" { return says("may not patch \(target)") && problem.contains("can't delete") }
    guard problem.contains("not currently held") else { return false }
    if verb == "bind" { return problem.contains("bindings.\(group) \"\(rule.resourceNames[0]):") }
    return problem.contains("Resources:[\"\(rule.resources[0])\"]") && problem.contains("Verbs:[\"\(verb)\"]")
  }
}
