import CertificatePolicy
public import GatewayAPI
public import KubeCore
import KubeKindsApps
import KubeKindsCore
import KubeKindsRBAC
import KubeReconcile

/// The facts about the installation that a cluster's plan needs: those that were *observed*, never
/// merely planned ones.
public struct InstallationFacts: Sendable, Hashable {
  /// The owner reference by which objects are deleted with the ClusterManagementAddOn; `nil` while
  /// there is none, or while it is being deleted.
  public var addOn: OwnerReference?
  /// Whether the ClusterManagementAddOn was seen to be absent or being deleted, and isn't merely
  /// unreadable.
  public var addOnIsGone: Bool
  /// Whether the manager enables the add-on on every cluster, or OCM does by placements.
  public var installsManually: Bool
  /// The effective configuration, with its defaults; `nil` while there is no valid one.
  public var configuration: ClusterGatewayConfiguration.Spec?
  /// Whether the effective configuration is kept where it outlives its deletion or invalidation, or
  /// can't be.
  public var isConfigurationKept: Bool
  /// The name of the configuration that the add-on names, valid or not.
  public var configurationName: String?
  /// The hash of the configuration's spec, if the add-on names it among its default configurations.
  public var configurationHash: String?
  /// Whether every pod of the gateway runs with the flags for the proxy tunnel.
  public var servesClusterProxy: Bool
  /// Whether every pod of the gateway reads its Secrets in the configured namespace, and the
  /// Deployment was written since the configuration last changed, so that a pending earlier write
  /// of it is refused.
  public var readsSecretNamespace: Bool
  /// Whether the configuration's status reports that the gateway has been down for longer than a
  /// probe interval.
  public var gatewayIsDown: Bool
  /// The places of former configurations' objects.
  public var former: FormerPlaces
  /// References to the manager's Roles for Secrets that aren't being deleted, by namespace.
  ///
  /// A former namespace is identified by its Role. So the Role is created before the first Secret
  /// in its namespace and owns each: the garbage collector deletes a Secret whose creation arrives
  /// after the Role was deleted.
  public var secretOwners: [String: OwnerReference]
  /// The namespaces that the gateway has left: its Role there grants nothing any more, and the pods
  /// read elsewhere. Each is emptied before it is used again, so that no pending deletion hits a
  /// Secret that the pods read again.
  public var leftSecretNamespaces: Set<String>
  /// The namespaces that hold the gateway's and the manager's objects: a cluster of such a name
  /// would have its own namespace among them.
  public var reservedNames: Set<String>

  /// The name of the configuration in force, or else the usual one.
  var namedConfiguration: String { configurationName ?? ManagerIdentity.addOnName }

  /// Creates facts.
  public init(
    addOn: OwnerReference? = nil, addOnIsGone: Bool = false, installsManually: Bool = true,
    configuration: ClusterGatewayConfiguration.Spec? = nil, isConfigurationKept: Bool = true,
    configurationName: String? = nil, configurationHash: String? = nil, servesClusterProxy: Bool = false,
    readsSecretNamespace: Bool = false,
    gatewayIsDown: Bool = false,
    former: FormerPlaces = FormerPlaces(), secretOwners: [String: OwnerReference] = [:],
    leftSecretNamespaces: Set<String> = [], reservedNames: Set<String> = []
  ) {
    self.reservedNames = reservedNames
    self.secretOwners = secretOwners
    self.leftSecretNamespaces = leftSecretNamespaces
    self.former = former
    self.addOn = addOn
    self.addOnIsGone = addOnIsGone
    self.installsManually = installsManually
    self.configuration = configuration
    self.isConfigurationKept = isConfigurationKept
    self.configurationName = configurationName
    self.configurationHash = configurationHash
    self.servesClusterProxy = servesClusterProxy
    self.readsSecretNamespace = readsSecretNamespace
    self.gatewayIsDown = gatewayIsDown
  }

  /// Creates the facts about `state`.
  public init(_ state: InstallationState) {
    let effective = EffectiveConfiguration(state.objects)
    self.init(effective, objects: state.objects)
    isConfigurationKept = !effective.waitsToBeKept(in: state)
    let spec = effective.spec
    reservedNames = Set(
      [
        state.identity.namespace, spec?.installNamespace, spec?.secretNamespace,
        spec?.clusterProxy?.credentials.namespace,
      ].compactMap(\.self))
  }

  init(_ effective: EffectiveConfiguration, objects: ObservedObjects) {
    self.init(
      addOn: effective.addOn?.ownerReference(),
      addOnIsGone: effective.addOnIsBeingDeleted
        || effective.addOnObject == nil
          && objects.isObserved(
            ObjectKey(ClusterManagementAddOn.type, name: ManagerIdentity.addOnName)),
      installsManually: effective.addOn?.installsManually ?? true,
      configuration: effective.spec, configurationName: effective.name,
      configurationHash: effective.hashForClusters,
      former: FormerPlaces(objects, configuration: effective.spec))
    let clusters = effective.configuration?.status.conditions
      .condition(ClusterGatewayConfiguration.ConditionType.clusters)
    gatewayIsDown = clusters?.reason == Finding.Code.gatewayUnavailable.rawValue
    guard let spec = effective.spec else { return }
    let rollout = Rollout(
      objects.value(Deployment.self, namespace: spec.installNamespace, name: GatewayNames.deployment))
    servesClusterProxy = rollout.isUniform && rollout.hasProxyFlags
    let isWritten = rollout.configurationGeneration == effective.generation
    let readingNamespace = rollout.isUniform && isWritten ? rollout.secretNamespace : nil
    readsSecretNamespace = readingNamespace == spec.secretNamespace
    readRoles(objects, readingNamespace: readingNamespace)
  }

  /// Reads the gateway's Roles.
  ///
  /// - Parameter readingNamespace: The namespace from which every pod reads its Secrets; `nil`
  ///   while that may differ, or while a Deployment for an earlier configuration may still be
  ///   written.
  private mutating func readRoles(_ objects: ObservedObjects, readingNamespace: String?) {
    for role in objects.all(Role.type.groupKind)
    where role.metadata.name == GatewayNames.role && role.metadata.deletionTimestamp == nil
      && ManagerIdentity.owns(role)
    {
      guard let namespace = role.metadata.namespace, let uid = role.metadata.uid else { continue }
      if FormerPlaces.grantsNothing(role), let readingNamespace, readingNamespace != namespace {
        leftSecretNamespaces.insert(namespace)
      } else {
        secretOwners[namespace] = OwnerReference(
          apiVersion: Role.type.apiVersion, kind: Role.type.kind, name: role.metadata.name, uid: uid)
      }
    }
  }
}

/// The progress of the gateway's Deployment, from its observed spec and status.
struct Rollout {
  /// Whether every replica runs the newest template and is available, and no older one is left.
  var isComplete = false
  /// Whether every pod runs the newest template, whether it is ready or not.
  var isUniform = false
  /// The number of ready replicas.
  var readyReplicas: Int32 = 0
  /// Whether the status is about the newest template.
  var isCurrent = false
  /// Whether every pod runs the template and at least one of them is available, also during a
  /// restart.
  var isRunning = false
  /// Whether the hub has given up waiting for new pods.
  var isStalled = false
  /// Whether there are pods of the newest template, and none of them is ready.
  var isWithoutNewPods = false
  /// Whether the template has the flags for the proxy tunnel.
  var hasProxyFlags = false
  /// The generation of the configuration for which the Deployment was last written.
  var configurationGeneration: Int64?
  /// The namespace from which the template has the gateway read its Secrets.
  var secretNamespace: String?
  /// The Secrets that the template mounts.
  var mountedSecrets: Set<String> = []

  init(_ deployment: Deployment?) {
    guard let deployment else { return }
    let pod = deployment.spec.template.spec
    let arguments = pod.containers.flatMap(\.args)
    hasProxyFlags = arguments.contains { $0.hasPrefix("--proxy-host=") }
    let flag = "--secret-namespace="
    secretNamespace = arguments.last { $0.hasPrefix(flag) }.map { String($0.dropFirst(flag.count)) }
    configurationGeneration = deployment.metadata.labels[GatewayLabels.configurationGeneration]
      .flatMap { Int64($0) }
    mountedSecrets = Set(pod.volumes.compactMap { $0.secret?.secretName })
    let status = deployment.status
    readyReplicas = status.readyReplicas ?? 0
    let wanted = deployment.spec.replicas ?? 1
    let (all, updated) = (status.replicas ?? 0, status.updatedReplicas ?? 0)
    isCurrent = (status.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
    isUniform = isCurrent && updated > 0 && all == updated
    isRunning = all == updated && status.availableReplicas ?? 0 > 0
    isStalled =
      isCurrent && status.conditions.condition("Progressing")?.reason == "ProgressDeadlineExceeded"
    // The other ready pods may all be of the former template.
    isWithoutNewPods = isCurrent && updated > 0 && readyReplicas <= all - updated
    isComplete =
      isCurrent && status.updatedReplicas ?? 0 == wanted && status.availableReplicas ?? 0 == wanted
      && status.replicas ?? 0 == wanted
  }
}

extension Deployment {
  /// Whether the template mounts any of these Secrets.
  func mounts(_ secrets: [String]) -> Bool {
    spec.template.spec.volumes.contains { volume in
      volume.secret?.secretName.map { secrets.contains($0) } ?? false
    }
  }
}

extension CertificateObservations {
  /// Whether the serving certificate is valid and signed by a CA that the aggregator trusts.
  func isServing(at now: Date) -> Bool {
    guard let pair = serving.facts, pair.keyMatches, pair.problems.isEmpty, let leaf = pair.leaf,
      leaf.isValid(at: now)
    else { return false }
    return bundle.contains { $0.isValid(at: now) && pair.signerFingerprints.contains($0.fingerprint) }
  }
}
