import CertificatePolicy
import GatewayAPI
import GatewayReconcile
import KubeCore
import KubeKindsAPIRegistration
import KubeKindsApps
import KubeKindsCore
import KubeKindsDiscovery
import KubeReconcile

/// The other controllers of a hub, each a single step.
package enum OtherController: CaseIterable {
  case tokens, works, rollout, endpoints, probes, aggregation, addOnManager, time
}

extension World {
  package mutating func step(_ other: OtherController) {
    switch other {
    case .tokens: reportTokens()
    case .works: applyWorks()
    case .rollout: rollOut()
    case .endpoints: listEndpoints()
    case .probes: probePods()
    case .aggregation: aggregate()
    case .addOnManager: adoptAddOns()
    case .time:
      recordCertificates()
      now += 600
      recordCertificates()
    }
    collectGarbage()
  }

  private func all(_ type: ResourceType) -> [JSONValue] { objects.all(type.groupKind).map(\.json) }

  private static func name(_ object: JSONValue) -> (namespace: String?, name: String) {
    (object.value(at: "metadata", "namespace")?.string, object.value(at: "metadata", "name")?.string ?? "")
  }

  private static func isLeaving(_ object: JSONValue) -> Bool {
    object.value(at: "metadata", "deletionTimestamp") != nil
  }

  /// The managed-serviceaccount agents.
  private mutating func reportTokens() {
    for account in all(ManagedServiceAccount.type) where !World.isLeaving(account) {
      let (namespace, name) = World.name(account)
      guard let namespace, let owner = owner(ManagedServiceAccount.type, namespace: namespace, name: name)
      else { continue }
      let current = object(Secret.type, namespace: namespace, name: name)
      let owners = current?.value(at: "metadata", "ownerReferences")?.array ?? []
      if owners.contains(where: { $0["uid"]?.string == owner.uid }) { continue }
      put(
        Document.secret(
          namespace: namespace, name: name, labels: [OCMLabels.isManagedServiceAccount: "true"], owner: owner,
          ["ca.crt": "the CA of \(namespace)", "token": "MARKER-token-\(namespace)-\(owner.uid)"]),
        as: "msa")
    }
  }

  /// The work agents.
  private mutating func applyWorks() {
    for work in all(ManifestWork.type) where !World.isLeaving(work) {
      let (namespace, name) = World.name(work)
      let generation = work.value(at: "metadata", "generation")?.int64
      setStatus(
        ObjectKey(ManifestWork.type, namespace: namespace, name: name),
        [
          "conditions": [
            Document.condition("Applied", "True", generation: generation),
            Document.condition("Available", "True", generation: generation),
          ]
        ], as: "work")
    }
  }

  /// The deployment controller and the kubelets: pods start once their Secrets exist.
  private mutating func rollOut() {
    let facts = facts
    for deployment in all(Deployment.type) where !World.isLeaving(deployment) {
      let (namespace, name) = World.name(deployment)
      guard let template = facts.deployments[namespace ?? ""]?.template,
        template.mounts.allSatisfy({ facts.secrets.contains($0) })
      else { continue }
      let replicas = deployment.value(at: "spec", "replicas") ?? 1
      setStatus(
        ObjectKey(Deployment.type, namespace: namespace, name: name),
        .fields([
          "observedGeneration": deployment.value(at: "metadata", "generation"), "replicas": replicas,
          "updatedReplicas": replicas, "readyReplicas": replicas, "availableReplicas": replicas,
        ]), as: "kube-controller-manager")
    }
  }

  /// The endpoint slice controller.
  private mutating func listEndpoints() {
    for service in all(Service.type) where !World.isLeaving(service) {
      let (namespace, name) = World.name(service)
      guard name == "cluster-gateway",
        object(EndpointSlice.type, namespace: namespace, name: "\(name)-1") == nil
      else {
        continue
      }
      var slice = Document.make(
        EndpointSlice.type, namespace: namespace, name: "\(name)-1",
        labels: ["kubernetes.io/service-name": name])
      slice["addressType"] = "IPv4"
      let replicas =
        object(Deployment.type, namespace: namespace, name: GatewayNames.deployment)?
        .value(at: "spec", "replicas")?.int64 ?? 2
      slice["endpoints"] = .array((1...max(1, replicas)).map { ["addresses": [.string("10.0.0.\($0)")]] })
      slice["ports"] = [["name": "https", "port": 9443]]
      put(slice, as: "kube-controller-manager")
    }
  }

  /// Every pod presents the newest certificate, and the manager's probes show that when its plan
  /// requests them.
  private mutating func probePods() {
    recordCertificates()
    guard let leaf = hub.installation.certificates.serving.leaf else { return }
    for target in plan.endpointProbes { endpoints[target.address] = .presents(fingerprint: leaf.fingerprint) }
  }

  /// Whether the aggregator reaches and trusts the gateway behind the APIService.
  package var isServed: Bool { facts.gatewayObstacle == nil }

  /// The aggregator.
  private mutating func aggregate() {
    guard object(APIService.type, name: "v1alpha1.cluster.core.oam.dev") != nil else { return }
    setStatus(
      ObjectKey(APIService.type, name: "v1alpha1.cluster.core.oam.dev"),
      ["conditions": [Document.condition("Available", isServed ? "True" : "False")]], as: "kube-apiserver")
  }

  /// OCM's addon-manager: sets the owner of each add-on; on an unknown cluster its health is
  /// Unknown.
  private mutating func adoptAddOns() {
    guard let owner = owner(ClusterManagementAddOn.type, name: "cluster-gateway", controller: true) else {
      return
    }
    for addOn in all(ManagedClusterAddOn.type) where !World.isLeaving(addOn) {
      let (namespace, name) = World.name(addOn)
      let key = ObjectKey(ManagedClusterAddOn.type, namespace: namespace, name: name)
      guard name == "cluster-gateway", let namespace else { continue }
      if !(addOn.value(at: "metadata", "ownerReferences")?.array ?? []).contains(where: {
        $0["uid"]?.string == owner.uid
      }) {
        merge(key, ["metadata": ["ownerReferences": [owner.json]]], as: "addon")
      }
      let conditions =
        object(ManagedCluster.type, name: namespace)?.value(at: "status", "conditions")?.array ?? []
      guard conditions.contains(where: { $0["status"] == "Unknown" }), var status = read(key)?["status"]
      else { continue }
      var all = (status["conditions"]?.array ?? []).filter { $0["type"] != "Available" }
      all.append(Document.condition("Available", "Unknown"))
      status["conditions"] = .array(all)
      setStatus(key, status, as: "registration")
    }
  }

  /// Runs the controllers until none has anything left to do, and returns whether that was reached.
  @discardableResult
  package mutating func converge(within limit: Int = 12) -> Bool {
    for _ in 0..<limit {
      for other in OtherController.allCases { step(other) }
      if plan.changesNothing && issued.isEmpty { return true }
      _ = convergeManager(within: 6)
    }
    return false
  }
}
