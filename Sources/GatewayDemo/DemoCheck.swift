import CertificatePolicy
import GatewayAPI
import GatewayManager
import GatewayPKI
import GatewayReconcile
import KubeCore
import KubeKindsAPIRegistration
import KubeKindsApps
import KubeKindsCoordination
import KubeKindsCore
import KubeMemory
import KubeReconcile
import KubeTransport

/// Reads the hub with a plain client and compares it with the expected end of the demo.
struct DemoCheck {
  /// The result of one check.
  struct Result {
    var what: String
    /// The problem; `nil` if there is none.
    var problem: String?
  }

  let world: DemoWorld
  /// The clusters that should be served.
  let clusters: [String]
  /// The cluster that left.
  let gone: String

  private var client: KubeClient { world.client }

  func results() async throws -> [Result] {
    let configuration = try await client.get(
      ClusterGatewayConfiguration.self, name: ManagerIdentity.addOnName)
    let spec = configuration.spec.defaulted()
    var results = [
      try await installation(spec), try await certificate(spec), try await served(spec), try await left(spec),
    ]
    results.append(contentsOf: [manager(), try await convergence()])
    return results
  }

  private func summary(_ what: String, _ problems: [String]) -> Result {
    let shown = problems.prefix(5).joined(separator: "; ")
    let more = problems.count > 5 ? "; and \(problems.count - 5) more" : ""
    return Result(what: what, problem: problems.isEmpty ? nil : shown + more)
  }

  // MARK: The installation

  private func installation(_ spec: ClusterGatewayConfiguration.Spec) async throws -> Result {
    let (namespace, name) = (spec.installNamespace, GatewayNames.self)
    let table = GatewayTable(identity: world.identity, configuration: spec)
    // The demo's manager runs alone, without a Lease.
    let keys = table.rows.filter { $0.verbs.contains(.create) && $0.type != Lease.type }.compactMap(\.key)
    var problems: [String] = []
    for key in keys where try await client.find(key) == nil { problems.append("\(key) is missing") }
    let deployment = try await client.find(Deployment.self, namespace: namespace, name: name.deployment)
    let ready = deployment?.status.readyReplicas ?? 0
    if ready != spec.replicas { problems.append("\(ready) of \(spec.replicas) pods are ready") }
    let service = try await client.find(APIService.self, name: name.apiService)
    if service?.status.conditions.isTrue("Available") != true {
      problems.append("the APIService is not available")
    }
    return summary(
      "all \(keys.count) objects of the installation are there, pods ready, API available", problems)
  }

  private func certificate(_ spec: ClusterGatewayConfiguration.Spec) async throws -> Result {
    let server = "\(GatewayNames.service).\(spec.installNamespace).svc"
    let secret = try await client.get(
      Secret.self, namespace: spec.installNamespace, name: GatewayNames.servingSecret)
    let service = try await client.get(APIService.self, name: GatewayNames.apiService)
    var problems: [String] = []
    if let chain = secret.data["tls.crt"], let bundle = service.spec.caBundle {
      if let failure = DemoWorld.verify(
        chain, serverName: server, trusting: bundle, at: world.clock.now)
      {
        problems.append(failure)
      }
    } else {
      problems.append("there is no certificate or no bundle")
    }
    let pair = KeyPairReader.observe(certificatePEM: secret.data["tls.crt"], keyPEM: secret.data["tls.key"])
    if pair.facts?.keyMatches != true { problems.append("the key doesn't match the certificate") }
    return summary("the serving certificate is trusted by the APIService's bundle for \(server)", problems)
  }

  // MARK: The clusters

  private func served(_ spec: ClusterGatewayConfiguration.Spec) async throws -> Result {
    let account = spec.managedServiceAccountName
    var problems: [String] = []
    for cluster in clusters {
      let addOn = try await client.find(
        ManagedClusterAddOn.self, namespace: cluster, name: ManagerIdentity.addOnName)
      for type in HubView.conditionTypes where addOn?.status.conditions.isTrue(type) != true {
        problems.append("\(cluster): \(type) is not true")
      }
      let identity = ObjectKey(ManagedServiceAccount.type, namespace: cluster, name: account)
      if try await client.find(identity) == nil { problems.append("\(identity) is missing") }
      let work = try await client.find(
        ManifestWork.self, namespace: cluster, name: ManifestWork.name(deploying: ManagerIdentity.addOnName))
      if work?.status.conditions.isTrue(ManifestWork.ConditionType.applied) != true {
        problems.append("\(cluster): the ManifestWork is not applied")
      }
      let token = try await client.find(Secret.self, namespace: cluster, name: account)
      let credential = try await client.find(Secret.self, namespace: spec.secretNamespace, name: cluster)
      if token == nil || credential?.data != token?.data {
        problems.append("\(cluster): the gateway's Secret doesn't hold the cluster's token")
      }
      let labels = credential?.metadata.labels ?? [:]
      let endpoint = spec.egress.type == .clusterProxy ? GatewayEndpointType.clusterProxy : .const
      if labels[GatewayLabels.credentialType] != GatewayCredentialType.serviceAccountToken.rawValue
        || labels[GatewayLabels.endpointType] != endpoint.rawValue
      {
        problems.append("\(cluster): the gateway's Secret has the wrong labels")
      }
    }
    let noun = clusters.count == 1 ? "cluster is" : "clusters are"
    return summary(
      "\(clusters.count) \(noun) served: conditions true, rights applied, tokens at the gateway", problems)
  }

  private func left(_ spec: ClusterGatewayConfiguration.Spec) async throws -> Result {
    var problems: [String] = []
    for key in [
      ObjectKey(ManagedCluster.type, name: gone),
      ObjectKey(Secret.type, namespace: spec.secretNamespace, name: gone),
    ] where try await client.find(key) != nil {
      problems.append("\(key) is still there")
    }
    for type in [ManagedClusterAddOn.type, ManagedServiceAccount.type, ManifestWork.type, Secret.type] {
      for object in try await client.list(ResourceSelection(type, namespace: gone)).items {
        problems.append("\(ObjectKey(type, namespace: gone, name: object.metadata.name)) is still there")
      }
    }
    return summary("nothing is left of \(gone): no credential, identity, work or add-on", problems)
  }

  // MARK: The manager

  private func manager() -> Result {
    let report = world.manager.report()
    let findings = report.findings.filter { $0.severity != .warning }.map(\.description)
    return summary(
      "the manager has no failures and no pending dependencies", report.failures.values.sorted() + findings)
  }

  /// Plans everything again, and requests that by hand: neither may write anything.
  private func convergence() async throws -> Result {
    var problems: [String] = []
    let before = await world.server.resourceVersion
    world.manager.replan()
    try await Task.sleep(for: .milliseconds(20))
    for _ in 0..<200 where !world.manager.report().isIdle { try await Task.sleep(for: .milliseconds(10)) }
    if !world.manager.report().isIdle { problems.append("the manager is still busy") }
    let after = await world.server.resourceVersion
    if after != before { problems.append("planning again wrote \(after - before) times") }
    let plan = reconcile(
      try await HubLoader(client, identity: world.identity).load().hub, at: world.clock.now)
    problems += plan.patches.map { "still to \($0.operationName) \($0.target): \($0.reason)" }
    problems += plan.issuanceRequests.map { "still to issue \($0.id): \($0.reason)" }
    return summary("converged: planning everything again writes nothing", problems)
  }
}
