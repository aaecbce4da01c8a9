import CertificatePolicy
import GatewayReconcile
package import KubeCore
package import KubeReconcile
import KubeTesting
import OCMSimulator

/// The facts about a hub at a time on which the gateway's invariants depend, and the clusters that
/// are reached through the gateway.
package struct HubFacts {
  let time: Date

  /// The gateway's pods that are ready, or what is known of them from each Deployment.
  private(set) var pods: [PodFacts] = []
  /// The gateway's Deployments, by namespace.
  private(set) var deployments: [String: DeploymentFacts] = [:]
  /// The gateway's Services, by namespace.
  private(set) var services: [String: ObjectFacts] = [:]
  /// The gateway's ServiceAccounts, by namespace.
  private(set) var serviceAccounts: [String: ObjectFacts] = [:]
  /// The uids of the gateway's Roles for Secrets, by namespace.
  private(set) var secretRoles: [String: String] = [:]
  private(set) var apiService: APIServiceFacts?
  /// The serving certificates that have their keys, by namespace.
  private(set) var leaves: [String: CertificateFacts] = [:]
  private(set) var signerKeys: Set<String> = []
  /// The ClusterManagementAddOn, unless it is being deleted.
  private(set) var addOn: (uid: String, isManual: Bool)?
  private(set) var configuration: ConfigurationFacts?
  private(set) var clusters: [String: (object: ObjectFacts, takesPart: Bool)] = [:]
  private(set) var clusterAddOns: [String: (object: ObjectFacts, conditions: [Condition])] = [:]
  private(set) var accounts: [String: [ObjectFacts]] = [:]
  private(set) var works: [String: (object: ObjectFacts, subjects: Set<String>, isApplied: Bool)] = [:]
  private(set) var gatewaySecrets: [(object: ObjectFacts, content: GatewaySecretFacts)] = []
  /// The digests of the tokens' data, by namespace and name.
  private(set) var tokenData: [String: Fingerprint] = [:]
  /// The namespaces and names of all Secrets.
  private(set) var secrets: Set<String> = []
  /// The objects with the manager's label.
  private(set) var labeled: [ObjectFacts] = []

  /// The reason why the aggregator doesn't reach or trust the gateway; `nil` if it does.
  package private(set) var gatewayObstacle: String?
  /// The clusters that are reached, through every pod behind the APIService, and should be: they
  /// and their add-on exist, and neither is being deleted.
  package private(set) var reached: Set<String> = []
  /// The reasons why the other clusters that should be reached aren't.
  private(set) var obstacles: [String: String] = [:]

  /// Creates the facts of a hub with simulated pods.
  @inlinable package init(_ objects: some Sequence<ObjectFacts>, at time: Date) {
    self.init(at: time)
    for object in objects { insert(object) }
    findObstacles()
  }

  /// Creates the facts of a hub without simulated pods: those of its Deployments stand for them.
  /// Unless its tokens are like those of `TokenAgent`, no cluster counts as reached.
  package init(_ objects: ObservedObjects, at time: Date) {
    self.init(at: time)
    for object in objects.everything { insert(ObjectFacts(object)) }
    pods = deployments.values.map(\.pods)
    findObstacles()
  }

  @usableFromInline init(at time: Date) { self.time = time }

  @usableFromInline mutating func insert(_ object: ObjectFacts) {
    if object.isSecret { secrets.insert(object.place) }
    if object.hasOurLabel { labeled.append(object) }
    switch object.part {
    case .other: break
    case .pod(let pod): if pod.isReady { pods.append(pod) }
    case .deployment(let deployment): deployments[object.namespace] = deployment
    case .service: services[object.namespace] = object
    case .serviceAccount: serviceAccounts[object.namespace] = object
    case .secretRole: secretRoles[object.namespace] = object.uid
    case .apiService(let service): apiService = service
    case .addOn(let isManual): addOn = object.isLeaving ? nil : (object.uid, isManual)
    case .configuration(let configuration): self.configuration = configuration
    case .cluster(let takesPart): clusters[object.name] = (object, takesPart)
    case .clusterAddOn(let conditions): clusterAddOns[object.namespace] = (object, conditions)
    case .account: accounts[object.namespace, default: []].append(object)
    case .work(let subjects, let isApplied): works[object.namespace] = (object, subjects, isApplied)
    case .gatewaySecret(let content): gatewaySecrets.append((object, content))
    case .tokenSecret(let data): tokenData[object.place] = data
    case .servingSecret(let leaf): leaves[object.namespace] = leaf
    case .signerSecret(let keys): signerKeys = keys
    }
  }

  // MARK: Traffic

  /// The namespace to which the APIService leads.
  var servedFrom: String? { apiService?.namespace }

  /// The certificate of the gateway behind the APIService.
  var servedLeaf: CertificateFacts? { servedFrom.flatMap { leaves[$0] } }

  /// The Deployment behind the APIService.
  var servingDeployment: DeploymentFacts? { servedFrom.flatMap { deployments[$0] } }

  /// The pods behind the APIService.
  var servingPods: [PodFacts] { pods.filter { $0.namespace == servedFrom } }

  @usableFromInline mutating func findObstacles() {
    let pods = servingPods
    gatewayObstacle = obstacle(toGateway: pods)
    guard addOn != nil else { return }
    for (name, cluster) in clusters where !cluster.object.isLeaving && cluster.takesPart {
      guard let addOn = clusterAddOns[name]?.object, !addOn.isLeaving else { continue }
      if let obstacle = gatewayObstacle ?? obstacle(to: name, uid: cluster.object.uid, through: pods) {
        obstacles[name] = obstacle
      } else {
        reached.insert(name)
      }
    }
  }

  private func obstacle(toGateway pods: [PodFacts]) -> String? {
    guard let apiService, let namespace = apiService.namespace else { return "there is no APIService" }
    guard let leaf = servedLeaf else { return "there is no serving certificate" }
    let name = GatewayNames.serverName(in: namespace)
    if let refusal = SimulatedPKI.refusal(of: leaf, for: name, trusting: apiService.bundle, at: time) {
      return "the aggregator refuses the leaf \(leaf.serialNumber): \(refusal)"
    }
    guard pods.contains(where: \.isReady) else { return "no pod is ready" }
    return isThere(services[namespace]) ? nil : "there is no Service"
  }

  private func obstacle(to cluster: String, uid: String, through pods: [PodFacts]) -> String? {
    for pod in pods {
      let here = gatewaySecrets.first {
        $0.object.namespace == pod.template.secretNamespace && $0.object.name == cluster
      }
      guard let (object, secret) = here else { return "pod \(pod.name) finds no gateway Secret" }
      if let owner = secret.clusterUID, owner != uid {
        return "the gateway Secret is of an earlier cluster of this name"
      }
      if secret.isTunneled, !pod.template.hasTunnel { return "pod \(pod.name) knows no tunnel" }
      guard isKept(object, by: secretRoles[object.namespace]) || isKept(object, by: addOn?.uid) else {
        return "the Secret's owner is gone"
      }
      let addOn = clusterAddOns[cluster]?.object.uid
      guard let account = secret.account,
        accounts[cluster, default: []].contains(where: {
          $0.name == account.name && $0.uid == account.uid && !$0.isLeaving && isKept($0, by: addOn)
        })
      else { return "the token's account is gone" }
      guard let work = works[cluster], work.isApplied, work.subjects.contains(account.name),
        isKept(work.object, by: addOn)
      else { return "the account \(account.name) has no rights on the cluster" }
    }
    return nil
  }

  /// Whether one of the installation's objects exists, and the garbage collector keeps it.
  func isThere(_ object: ObjectFacts?) -> Bool { object.map { isKept($0, by: addOn?.uid) } ?? false }

  /// Whether the garbage collector keeps an object that may be owned by `owner`.
  private func isKept(_ object: ObjectFacts, by owner: String?) -> Bool {
    object.owners.isEmpty || owner.map { object.owners.contains($0) } ?? false
  }

  // MARK: Credentials

  /// The reason why a gateway Secret of the manager's must not exist; `nil` if it may.
  func reasonToRemove(_ object: ObjectFacts, _ secret: GatewaySecretFacts) -> String? {
    guard let cluster = clusters[object.name], !cluster.object.isLeaving else { return "its cluster isn't" }
    guard cluster.takesPart else { return "its cluster is denied or opts out" }
    if let uid = secret.clusterUID, uid != cluster.object.uid { return "its cluster is a later one" }
    guard let addOn = clusterAddOns[object.name]?.object, !addOn.isLeaving else { return "its add-on isn't" }
    let isOfAccount = accounts[object.name, default: []].contains { account in
      if account.isLeaving || !isKept(account, by: addOn.uid) { return false }
      if let uid = secret.account?.uid ?? secret.accountUID { return account.uid == uid }
      // The Go manager's Secrets name no account: it is one that is older.
      guard let created = account.created, let copied = object.created else { return true }
      return created <= copied
    }
    return isOfAccount ? nil : "its account isn't"
  }
}
