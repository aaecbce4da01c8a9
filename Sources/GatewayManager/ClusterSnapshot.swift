import GatewayAPI
package import GatewayReconcile
package import KubeCore
import KubeKindsAPIRegistration
import KubeKindsApps
import KubeKindsCore
import KubeKindsRBAC
import KubeReconcile
import KubeRuntime
package import KubeTransport

/// Reads the objects of one managed cluster's plan in at most ``maximumRequests`` requests: the
/// cluster's own namespace and single objects, never a list over clusters.
package struct ClusterSnapshot: Sendable {
  /// The maximum number of requests of one read; one more where the configuration is missing or
  /// invalid.
  package static let maximumRequests = 10

  /// The client that reads.
  package var client: KubeClient
  /// The manager's identity.
  package var identity: ManagerIdentity

  /// Creates a reader.
  package init(_ client: KubeClient, identity: ManagerIdentity = ManagerIdentity()) {
    self.client = client
    self.identity = identity
  }

  /// The result of a read.
  package struct Reading: Sendable {
    /// The cluster's state.
    package var cluster: ClusterState
    /// Whether the gateway's API is served; `nil` if that wasn't read, since the gateway has no
    /// credential for the cluster.
    package var gateway: GatewayHealth?
    /// The rights that the reader lacks.
    package var gaps: ReaderGaps

    /// Returns the conditions for a request to reach the cluster.
    package func chain(at now: Date) -> ClusterChain {
      ClusterChain(cluster, plan: reconcileCluster(cluster, at: now), gateway: gateway, gaps: gaps)
    }
  }

  /// Returns the cluster's current state.
  ///
  /// Throws `KubeError` if something can't be read for another reason than a right that the client
  /// lacks.
  package func read(_ name: String) async throws -> Reading {
    let notAsked: Set = [
      ObjectSelection(ConfigMap.type), ObjectSelection(Role.type), ObjectSelection(ServiceAccount.type),
    ]
    // What isn't read counts as unknown, and not as absent.
    var objects = ObservedObjects(unobserved: notAsked)
    func reading(_ gateway: GatewayHealth?) -> Reading {
      Reading(
        cluster: state(name, objects), gateway: gateway,
        gaps: ReaderGaps(objects.unobserved.subtracting(notAsked)))
    }
    try await read(
      [
        .one(ObjectKey(ClusterManagementAddOn.type, name: ManagerIdentity.addOnName)),
        .all(ObjectSelection(ClusterGatewayConfiguration.type)),
        .one(ObjectKey(ManagedCluster.type, name: name)),
        .all(ObjectSelection(ManagedClusterAddOn.type, namespace: name)),
        .all(ObjectSelection(ManagedServiceAccount.type, namespace: name)),
        .one(
          ObjectKey(
            ManifestWork.type, namespace: name,
            name: ManifestWork.name(deploying: ManagerIdentity.addOnName))),
        .one(ObjectKey(APIService.type, name: GatewayNames.apiService)),
      ], into: &objects)
    if facts(objects).configuration == nil {
      objects.unobserved.remove(ObjectSelection(ConfigMap.type))
      try await read(
        [
          .one(
            ObjectKey(
              ConfigMap.type, namespace: identity.namespace,
              name: ManagerIdentity.effectiveConfigurationName))
        ], into: &objects)
    }
    guard let spec = facts(objects).configuration else {
      return reading(GatewayHealth(objects, spec: nil))
    }
    let credential = ObjectKey(Secret.type, namespace: spec.secretNamespace, name: name)
    try await read(
      [.one(credential)]
        + (spec.managesSecrets
          ? [.one(ObjectKey(Secret.type, namespace: name, name: spec.managedServiceAccountName))] : []),
      into: &objects)
    guard objects[credential] != nil || !objects.isObserved(credential) else {
      // Whether the gateway Secret may be created depends on the gateway's Role.
      objects.unobserved.remove(ObjectSelection(Role.type))
      try await read(
        [.one(ObjectKey(Role.type, namespace: spec.secretNamespace, name: GatewayNames.role))], into: &objects
      )
      return reading(nil)
    }
    try await read(
      [.one(ObjectKey(Deployment.type, namespace: spec.installNamespace, name: GatewayNames.deployment))],
      into: &objects)
    return reading(GatewayHealth(objects, spec: spec))
  }

  private func facts(_ objects: ObservedObjects) -> InstallationFacts {
    InstallationFacts(InstallationState(identity: identity, objects: objects))
  }

  private func state(_ name: String, _ objects: ObservedObjects) -> ClusterState {
    var facts = facts(objects)
    // The cluster's plan is about the configuration in force, whether or not it is kept yet.
    facts.isConfigurationKept = true
    return ClusterState(name: name, objects: objects, installation: facts)
  }

  /// The content of one request.
  private enum Question: Sendable {
    case one(ObjectKey)
    case all(ObjectSelection)

    var selection: ObjectSelection {
      switch self {
      case .one(let key): ObjectSelection(key.type, namespace: key.namespace, name: key.name)
      case .all(let selection): selection
      }
    }
  }

  /// Reads concurrently; objects that the client may not read become unobserved.
  private func read(_ questions: [Question], into objects: inout ObservedObjects) async throws {
    try await withThrowingTaskGroup(of: (Question, [DynamicObject]?).self) { group in
      for question in questions { group.addTask { (question, try await answer(question)) } }
      for try await (question, answer) in group {
        for object in answer ?? [] { objects.insert(object) }
        if answer == nil { objects.unobserved.insert(question.selection) }
      }
    }
  }

  private func answer(_ question: Question) async throws -> [DynamicObject]? {
    do {
      switch question {
      case .one(let key): return try await client.find(key).map { [$0] } ?? []
      case .all(let selection): return try await client.list(ResourceSelection(selection)).items
      }
    } catch let error as KubeError where error.isMissingRight {
      return nil
    } catch {
      // A kind that isn't served has a better explanation than the answer to one request.
      try await HubRequirements.check(client)
      throw error
    }
  }
}
