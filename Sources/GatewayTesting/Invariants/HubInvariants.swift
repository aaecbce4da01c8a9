import CertificatePolicy
import GatewayAPI
package import KubeCore
import KubeKindsCore
package import KubeTesting
import OCMSimulator

/// The invariants of the gateway on its hub: of every state, of every step from one state to
/// another, of every write of the manager, and of the converged states.
///
/// The explorer and the properties check them on ``HubFacts``.
package struct HubInvariants {
  /// The objects of others that must not be touched.
  package var foreign: Set<ObjectKey> = []
  /// The Secrets, by namespace and name, that may be created again while pods mount them.
  package var replaceable: Set<String> = []
  /// The clusters that needn't be served, such as those with an object of others in the way.
  package var unserved: Set<String> = []
  /// Whether a live cluster keeps its credential even while no request gets through by it: that
  /// takes the place of simulated requests.
  package var keepsUnusedCredentials = false
  /// Whether the configuration's status must summarize the clusters' health.
  package var summarizesHealth = false

  package init() {}

  // MARK: States

  /// The violations of a state, whatever its history.
  package func violations(in hub: HubFacts) -> [String] {
    guard hub.addOn != nil else { return [] }
    var found = hub.pods.flatMap { pod in
      missing(pod.template, in: hub).map { "pod \(pod.name) mounts Secret \($0), which is gone" }
    }
    if let leaf = hub.servedLeaf, leaf.notAfter >= hub.time, !hub.pods.isEmpty,
      !SimulatedPKI.isTrusted(leaf, by: hub.apiService?.bundle ?? [], at: hub.time)
    {
      found.append("the leaf \(leaf.serialNumber) is served, whose CA the bundle doesn't hold")
    }
    return found
  }

  /// The mounted Secrets that don't exist.
  private func missing(_ template: PodTemplateFacts, in hub: HubFacts) -> [String] {
    template.mounts.filter { !hub.secrets.contains($0) && !replaceable.contains($0) }
  }

  // MARK: Steps

  /// The violations by a step, of whichever controller, or by several: traffic that works goes on
  /// while there is the add-on, and what it needs stays.
  package func violations(from before: HubFacts, to after: HubFacts) -> [String] {
    var found = violationsOfTrust(from: before, to: after) + violationsOfTunnel(from: before, to: after)
    guard after.addOn != nil else { return found }
    let lost = after.obstacles.keys.filter { before.reached.contains($0) && !unserved.contains($0) }
    for cluster in lost.sorted() {
      found.append("cluster \(cluster) was reached, and isn't any more: \(after.obstacles[cluster] ?? "")")
    }
    if before.gatewayObstacle == nil, let obstacle = after.gatewayObstacle {
      found.append("the gateway was served, and isn't any more: \(obstacle)")
    }
    guard let namespace = before.servedFrom else { return found }
    if after.servedFrom == namespace {
      for pod in before.servingPods {
        for secret in missing(pod.template, in: after) where before.secrets.contains(secret) {
          found.append("pod \(pod.name) mounts Secret \(secret), which is gone")
        }
      }
    }
    guard let deployment = before.deployments[namespace]?.template else { return found }
    if after.servedFrom == namespace {
      if before.isThere(before.services[namespace]), after.services[namespace] == nil {
        found.append("the gateway's Service in \(namespace) is gone")
      }
      if before.isThere(before.serviceAccounts[namespace]), after.serviceAccounts[namespace] == nil {
        found.append("the gateway's ServiceAccount in \(namespace) is gone")
      }
    }
    if let next = after.deployments[namespace]?.template {
      let missing = missing(next, in: after)
      if before.gatewayObstacle == nil, !missing.isEmpty, self.missing(deployment, in: before).isEmpty {
        found.append("the gateway is rolled out with Secrets that aren't there: \(missing)")
      }
      if deployment.hasTunnel, !next.hasTunnel,
        let user = before.gatewaySecrets.first(where: {
          $0.content.isTunneled && $0.object.namespace == deployment.secretNamespace
        })
      {
        found.append("the tunnel's flags are dropped while Secret \(user.object.place) leads through it")
      }
    }
    return found + violationsOfCredentials(read: deployment.secretNamespace, from: before, to: after)
  }

  /// No CA leaves the bundle while a leaf under it is served. Simulated pods serve with the current
  /// content of their Secret.
  private func violationsOfTrust(from before: HubFacts, to after: HubFacts) -> [String] {
    guard let old = before.apiService?.bundle, let new = after.apiService,
      let leaf = new.namespace.flatMap({ before.leaves[$0] }), leaf.notAfter >= after.time
    else { return [] }
    return old.filter {
      SimulatedPKI.signed(leaf, by: $0) && $0.notAfter >= after.time && !new.bundle.contains($0)
    }.map { "the CA \($0.serialNumber) is no longer trusted, and a pod serves under it" }
  }

  /// No gateway Secret leads into the tunnel before every pod that reads it knows that.
  private func violationsOfTunnel(from before: HubFacts, to after: HubFacts) -> [String] {
    after.gatewaySecrets.compactMap { object, secret in
      guard secret.isTunneled, !unserved.contains(object.name),
        let old = before.gatewaySecrets.first(where: { $0.object.place == object.place }),
        !old.content.isTunneled,
        let pod = before.servingPods.first(where: {
          !$0.template.hasTunnel && $0.template.secretNamespace == object.namespace
        })
      else { return nil }
      return "Secret \(object.place) is led into the tunnel, which pod \(pod.name) doesn't know"
    }
  }

  /// The gateway may read its namespace of Secrets, and a credential there is removed only for a
  /// reason.
  private func violationsOfCredentials(
    read namespace: String?, from before: HubFacts, to after: HubFacts
  ) -> [String] {
    guard let namespace else { return [] }
    var found: [String] = []
    if before.secretRoles[namespace] != nil, after.secretRoles[namespace] == nil {
      found.append("the gateway may no longer read \(namespace)")
    }
    guard keepsUnusedCredentials, after.servingDeployment?.template.secretNamespace == namespace else {
      return found
    }
    for (object, secret) in before.gatewaySecrets
    where object.namespace == namespace && !object.isLeaving && !unserved.contains(object.name)
      && !after.secrets.contains(object.place) && before.reasonToRemove(object, secret) == nil
    {
      found.append("the live cluster \(object.name) has lost its credential in \(namespace)")
    }
    return found
  }

  // MARK: Writes

  /// The violation by a write of the manager that has changed its target.
  ///
  /// - Parameters:
  ///   - old: The object before the write.
  ///   - new: The object after the write.
  package func violation(
    of patch: PlanTable.Patch, isFresh: Bool, on old: ObjectFacts?, leaving new: ObjectFacts?
  ) -> String? {
    let (target, name) = (patch.patch.target, patch.patch.operationName)
    if foreign.contains(target) { return "\(target), which is another's, was touched" }
    guard let old else {
      guard case .create = patch.patch.operation else { return "\(name) brought \(target) back to life" }
      return target.type == ManagedServiceAccount.type && new?.owners.isEmpty ?? false
        ? "\(target) was created without an owner, so that it won't be deleted with one" : nil
    }
    if old.uid != patch.observedUID {
      return "\(name) meant for one \(target) hit another of the same name"
    }
    if patch.isTied, !isFresh {
      return "\(name) of \(target), planned from an older state of it, took effect"
    }
    if patch.patch.subresource == nil, !old.isOurs { return "\(target) isn't the manager's, and was touched" }
    return target.type == Namespace.type ? "\(target) existed and was touched" : nil
  }
}
