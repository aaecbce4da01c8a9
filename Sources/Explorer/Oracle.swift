import CertificatePolicy
import GatewayAPI
import GatewayReconcile
import KubeCore
import KubeKindsCore
import KubeKindsRBAC
import KubeTesting
import OCMSimulator

/// The properties that must hold in every state and for every step.
struct Oracle {
  /// The facts about a state that matter to the gateway's users.
  struct Facts {
    /// The clusters that should be reached: they exist and their add-on does, and neither is being
    /// deleted.
    var wanted: Set<String> = []
    /// The clusters that are reached, through every serving pod.
    var reached: Set<String> = []
    /// The reasons why the other wanted clusters aren't reached.
    var obstacles: [String: String] = [:]
    /// The violations that don't depend on the history.
    var violations: [String] = []
  }

  /// The objects of others that must not be touched.
  var foreign: Set<ObjectKey> = []
  /// The Secrets that may be created again while pods mount them.
  var replaceable: Set<String> = []
  /// The clusters that can't be served because of an object of others.
  var unserved: Set<String> = []
  /// Whether the configuration's status must summarize the clusters' health.
  var sumsUpHealth = false

  // MARK: Worlds

  func facts(of scene: Scene, at time: Date) -> Facts {
    var facts = Facts()
    for (cluster, isLeaving, isServed) in scene.clusters
    where !isLeaving && isServed && !unserved.contains(cluster) {
      guard scene.addOnIsThere, let addOn = scene.clusterAddOns[cluster], !addOn.isLeaving else { continue }
      facts.wanted.insert(cluster)
      if let obstacle = scene.obstacle(to: cluster, at: time) {
        facts.obstacles[cluster] = obstacle
      } else {
        facts.reached.insert(cluster)
      }
    }
    if scene.addOnIsThere {
      for pod in scene.pods {
        for mount in pod.mounts
        where !scene.secrets.contains("\(pod.namespace)/\(mount)")
          && !replaceable.contains("\(pod.namespace)/\(mount)")
        {
          facts.violations.append("pod \(pod.name) mounts Secret \(mount), which is gone")
        }
      }
    }
    if let bundle = scene.bundle, let namespace = scene.servedFrom, !scene.pods.isEmpty,
      let leaf = scene.leaves[namespace] ?? nil, leaf.notAfter >= time, scene.addOnIsThere
    {
      if !SimulatedPKI.isTrusted(leaf, by: bundle, at: time) {
        facts.violations.append("the leaf \(leaf.serialNumber) is served, whose CA the bundle doesn't hold")
      }
    }
    return facts
  }

  /// The oracle's view of a state.
  struct Scene {
    var pods: [ObjectTraits.PodTraits] = []
    var secrets: Set<String> = []
    var gatewaySecrets:
      [(
        namespace: String, cluster: String, endpoint: String?, account: String?, uid: String?,
        clusterUID: String?, isOurs: Bool,
        data: Fingerprint?, owners: [String]
      )] = []
    var tokenData: [String: Fingerprint] = [:]
    var clusters: [(String, isLeaving: Bool, isServed: Bool)] = []
    var clusterUIDs: [String: String] = [:]
    var isManual = true
    var clusterAddOns: [String: (isLeaving: Bool, conditions: [Condition], uid: String)] = [:]
    var accounts: [String: (uid: String, isLeaving: Bool, owners: [String])] = [:]
    var works: [String: (subjects: Set<String>, isApplied: Bool, owners: [String])] = [:]
    var addOnUID = ""
    var leaves: [String: CertificateFacts?] = [:]
    var signerKeys: Set<String> = []
    var bundle: [CertificateFacts]?
    var servedFrom: String?
    var isAvailable = false
    var addOnIsThere = false
    var configuration:
      (egress: ClusterGatewayConfiguration.EgressType?, secretNamespace: String, account: String)?
    var deployments: [(namespace: String, hasTunnel: Bool, secretNamespace: String?)] = []
    /// Descriptions of the objects with the operator's label.
    var labeled: [String] = []
    /// The uids of the gateway's Roles for Secrets, by namespace.
    var secretRoles: [String: String] = [:]

    init(_ node: WorldGraph.Node, objects table: ObjectTable, traits traitsOf: [ObjectTraits]) {
      for id in node.ids {
        let traits = traitsOf[Int(id)]
        let slot = table.slots[Int(table[id].slot)]
        let place = "\(slot.namespace ?? "")/\(slot.name)"
        if slot.type.kind == "Secret" { secrets.insert(place) }
        if traits.hasOurLabel { labeled.append("\(slot.key)") }
        if slot.type == Role.type, slot.name == GatewayNames.role, let namespace = slot.namespace {
          secretRoles[namespace] = traits.uid
        }
        switch traits.role {
        case .other: break
        case .pod(let pod): if pod.serves { pods.append(pod) }
        case .addOn(let isLeaving, let isManual):
          addOnIsThere = !isLeaving
          self.isManual = isManual
          addOnUID = traits.uid
        case .configuration(let egress, let secretNamespace, let account):
          configuration = (egress, secretNamespace, account)
        case .cluster(let isLeaving, let isServed):
          clusters.append((slot.name, isLeaving, isServed))
          clusterUIDs[slot.name] = traits.uid
        case .clusterAddOn(let isLeaving, let conditions):
          clusterAddOns[slot.namespace ?? ""] = (isLeaving, conditions, traits.uid)
        case .account(let isLeaving): accounts[place] = (traits.uid, isLeaving, traits.owners)
        case .work(let subjects, let isApplied):
          works[slot.namespace ?? ""] = (subjects, isApplied, traits.owners)
        case .apiService(let namespace, let bundle, let isAvailable):
          self.bundle = bundle
          servedFrom = namespace
          self.isAvailable = isAvailable
        case .deployment(let hasTunnel, let secretNamespace, _):
          deployments.append((slot.namespace ?? "", hasTunnel, secretNamespace))
        case .gatewaySecret(let endpoint, let account, let uid, let clusterUID):
          gatewaySecrets.append(
            (
              slot.namespace ?? "", slot.name, endpoint, account, uid, clusterUID, traits.isOurs, traits.data,
              traits.owners
            ))
        case .tokenSecret: tokenData[place] = traits.data
        case .servingSecret(let leaf): leaves[slot.namespace ?? ""] = .some(leaf)
        case .signerSecret(let keys): signerKeys = keys
        }
      }
    }

    /// The reason why a request through the gateway doesn't reach the cluster; `nil` if it does
    /// through every pod.
    func obstacle(to cluster: String, at time: Date) -> String? {
      guard let namespace = servedFrom, let bundle else { return "there is no APIService" }
      guard let leaf = leaves[namespace] ?? nil else { return "there is no serving certificate" }
      let name = "cluster-gateway.\(namespace).svc"
      if let refusal = SimulatedPKI.refusal(of: leaf, for: name, trusting: bundle, at: time) {
        return "the aggregator refuses the leaf \(leaf.serialNumber): \(refusal)"
      }
      let serving = pods.filter { $0.namespace == namespace }
      guard !serving.isEmpty else { return "no pod is ready" }
      for pod in serving {
        let here = gatewaySecrets.first { $0.namespace == pod.secretNamespace && $0.cluster == cluster }
        guard let secret = here else { return "pod \(pod.name) finds no gateway Secret" }
        if let uid = secret.clusterUID, uid != clusterUIDs[cluster] {
          return "the gateway Secret is of an earlier cluster of this name"
        }
        if secret.endpoint == "ClusterProxy", !pod.hasTunnel { return "pod \(pod.name) knows no tunnel" }
        // An object that the garbage collector will delete doesn't count: its owner was deleted.
        func isKept(_ owners: [String], _ owner: String?) -> Bool {
          owners.isEmpty || owner.map { owners.contains($0) } ?? false
        }
        let addOn = clusterAddOns[cluster]?.uid
        guard isKept(secret.owners, secretRoles[secret.namespace]) || isKept(secret.owners, addOnUID) else {
          return "the Secret's owner is gone"
        }
        guard let account = secret.account, let uid = secret.uid,
          let present = accounts["\(cluster)/\(account)"], present.uid == uid, !present.isLeaving,
          isKept(present.owners, addOn)
        else { return "the token's account is gone" }
        guard let work = works[cluster], work.isApplied, work.subjects.contains(account),
          isKept(work.owners, addOn)
        else {
          return "the account \(account) has no rights on the cluster"
        }
      }
      return nil
    }
  }

  // MARK: Steps

  /// The violation by a step of the operator or of a simulated controller.
  func violation(
    from before: Facts, to after: Facts, by actor: String
  ) -> String? {
    for cluster in before.reached.sorted() where after.wanted.contains(cluster) {
      if let obstacle = after.obstacles[cluster] {
        return "cluster \(cluster) was reached before \(actor), and isn't after: \(obstacle)"
      }
    }
    return nil
  }

  /// A state of an object.
  struct Object {
    var fingerprint: Fingerprint
    var traits: ObjectTraits
  }

  /// The violation by a write of the operator alone.
  ///
  /// - Parameters:
  ///   - old: The object before the write.
  ///   - new: The object after the write.
  ///   - scene: The state before the write.
  func violation(
    of patch: PlanTable.Patch, isFresh: Bool, on old: Object?, leaving new: Object?, at time: Date,
    before scene: @autoclosure () -> Scene
  ) -> String? {
    let target = patch.patch.target
    guard old?.fingerprint != new?.fingerprint else { return nil }
    if foreign.contains(target) { return "\(target), which is another's, was touched" }
    guard let old else {
      if case .create = patch.patch.operation {
        if target.type == ManagedServiceAccount.type, new?.traits.owners.isEmpty ?? false {
          return "\(target) was created without an owner, so that it won't be deleted with one"
        }
        return nil
      }
      return "\(patch.patch.operationName) brought \(target) back to life"
    }
    if old.traits.uid != patch.observedUID {
      return "\(patch.patch.operationName) meant for one \(target) hit another of the same name"
    }
    if patch.isTied, !isFresh {
      return "\(patch.patch.operationName) of \(target), planned from an older state of it, took effect"
    }
    if patch.patch.subresource == nil, !old.traits.isOurs {
      return "\(target) isn't the manager's, and was touched"
    }
    if case .gatewaySecret(let oldEndpoint, _, _, _) = old.traits.role, let new,
      case .gatewaySecret("ClusterProxy", _, _, _) = new.traits.role, oldEndpoint != "ClusterProxy",
      let pod = scene().pods.first(where: {
        !$0.hasTunnel && $0.secretNamespace == target.namespace
      })
    {
      return "\(target) is led into the tunnel, which pod \(pod.name) doesn't know"
    }
    if target.type == Namespace.type { return "\(target) existed and was touched" }
    if case .apiService(_, let oldBundle, _) = old.traits.role, let new,
      case .apiService(_, let newBundle, _) = new.traits.role
    {
      // Pods serve with the current content of their Secrets here.
      let leaves = scene().leaves.values.compactMap { $0 }
      for ca in oldBundle where ca.notAfter >= time && !newBundle.contains(ca) {
        guard leaves.contains(where: { SimulatedPKI.signed($0, by: ca) && $0.notAfter >= time }) else {
          continue
        }
        return "the CA \(ca.serialNumber) is no longer trusted, and a pod serves under it"
      }
    }
    return nil
  }

  // MARK: At rest

  /// The operator's gateway Secrets that must not exist: those without an accepted, staying cluster
  /// that takes part, a staying add-on, and the account that the token is of.
  func credentialViolations(in scene: Scene) -> [String] {
    scene.gatewaySecrets.filter(\.isOurs).compactMap { secret in
      let place = "the gateway Secret \(secret.namespace)/\(secret.cluster) is there, but"
      guard let cluster = scene.clusters.first(where: { $0.0 == secret.cluster }), !cluster.isLeaving else {
        return "\(place) its cluster isn't"
      }
      guard cluster.isServed else { return "\(place) its cluster is denied or opts out" }
      guard let addOn = scene.clusterAddOns[secret.cluster], !addOn.isLeaving else {
        return "\(place) its add-on isn't"
      }
      guard let account = secret.account, let present = scene.accounts["\(secret.cluster)/\(account)"],
        present.uid == secret.uid, !present.isLeaving
      else { return "\(place) its account isn't" }
      return unserved.contains(secret.cluster) ? "\(place) its account is another's" : nil
    }
  }

  /// The differences between what `kubectl get clustergateways`, the add-ons and the configuration
  /// show of the clusters.
  func disagreements(in node: WorldGraph.Node, of scene: Scene, _ table: ObjectTable) -> [String] {
    guard scene.addOnIsThere, let secretNamespace = scene.configuration?.secretNamespace else { return [] }
    let clusters = liveClusters(scene)
    var available: Set<String> = []
    var healthy: Set<String> = []
    var reported: Condition?
    for id in node.ids {
      let object = table[id].object
      switch object.groupKind {
      case ManagedClusterAddOn.type.groupKind where object.metadata.name == ManagerIdentity.addOnName:
        let conditions = (try? ManagedClusterAddOn(observed: object))?.status.conditions
        if conditions?.isTrue("Available") ?? false { available.insert(object.metadata.namespace ?? "") }
      case Secret.type.groupKind where object.metadata.namespace == secretNamespace:
        if object.metadata.annotations[GatewayAnnotations.healthy] == "true" {
          healthy.insert(object.metadata.name)
        }
      case ClusterGatewayConfiguration.type.groupKind:
        reported = (try? object.decode(ClusterGatewayConfiguration.self))?.status.conditions
          .condition(ClusterGatewayConfiguration.ConditionType.clusters)
      default: break
      }
    }
    (available, healthy) = (available.intersection(clusters), healthy.intersection(clusters))
    var found: [String] = []
    if available != healthy {
      found.append("available are \(available.sorted()), and healthy at the gateway \(healthy.sorted())")
    }
    if sumsUpHealth, (reported?.status == .true) != (available == clusters) {
      found.append(
        "available are \(available.sorted()), and the configuration says \(reported?.message ?? "nothing")")
    }
    return found
  }

  private func liveClusters(_ scene: Scene) -> Set<String> {
    Set(scene.clusters.filter { !$0.isLeaving && $0.isServed }.map(\.0)).subtracting(unserved)
  }

  /// The violations in a state where everything has come to rest.
  func shortcomings(
    of scene: Scene, _ facts: Facts, silent: Set<String>, disagreements: [String]
  ) -> [String] {
    guard scene.addOnIsThere else {
      // The CA outlives the add-on, so that deleting or restoring that doesn't take it.
      let signer = "Secret \(ManagerIdentity().namespace)/\(ManagerIdentity().signerSecretName)"
      return scene.labeled.filter { $0 != signer }.map { "\($0) is left though the add-on is gone" }
    }
    var found = facts.violations
    guard let configuration = scene.configuration else { return found }
    found += credentialViolations(in: scene)
    let live = liveClusters(scene)
    for cluster in live.sorted() {
      guard let addOn = scene.clusterAddOns[cluster] else {
        if scene.isManual { found.append("cluster \(cluster) has no add-on") }
        continue
      }
      if let obstacle = facts.obstacles[cluster] {
        found.append("cluster \(cluster) isn't reached: \(obstacle)")
      }
      for type in ["Available", "ManifestApplied", "RegistrationApplied", "Configured"]
      where !addOn.conditions.isTrue(type) && !(type == "Available" && silent.contains(cluster)) {
        found.append("the add-on of \(cluster) isn't \(type)")
      }
      if silent.contains(cluster), addOn.conditions.condition("Available")?.status != .false {
        found.append("the add-on of \(cluster) isn't said to be unavailable")
      }
      if addOn.conditions.condition("Progressing")?.reason != "Completed" {
        found.append("the add-on of \(cluster) keeps progressing")
      }
      let secret = scene.gatewaySecrets.first {
        $0.cluster == cluster && $0.namespace == configuration.secretNamespace
      }
      if secret?.endpoint != (configuration.egress == .clusterProxy ? "ClusterProxy" : "Const") {
        found.append("the gateway Secret of \(cluster) says \(secret?.endpoint ?? "nothing")")
      }
      if secret?.data != scene.tokenData["\(cluster)/\(configuration.account)"] {
        found.append("the gateway Secret of \(cluster) doesn't hold the agent's token")
      }
    }
    found += disagreements
    for secret in scene.gatewaySecrets where secret.isOurs {
      if !live.contains(secret.cluster) || secret.namespace != configuration.secretNamespace {
        found.append("the gateway Secret \(secret.namespace)/\(secret.cluster) is left")
      }
    }
    for place in scene.secretRoles.keys.sorted() where place != configuration.secretNamespace {
      found.append("the gateway's rights in \(place) are left")
    }
    for account in scene.accounts.keys.sorted() where !account.hasSuffix("/\(configuration.account)") {
      found.append("the account \(account) is left")
    }
    for deployment in scene.deployments where deployment.hasTunnel != (configuration.egress == .clusterProxy)
    {
      found.append("the pods' flags don't fit the egress")
    }
    if scene.signerKeys.contains(SignerKey.nextKey) { found.append("the next CA never took over") }
    if !scene.isAvailable { found.append("the gateway's API isn't served") }
    return found
  }
}
