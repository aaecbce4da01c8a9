import GatewayAPI
import GatewayReconcile
package import KubeCore
import KubeKindsAPIRegistration
import KubeKindsApps
import KubeKindsCore
import KubeKindsRBAC
import KubeReconcile

/// The invariants of the states before and after each patch of a plan.
package struct Safety {
  package let before: World
  package let live: [String]

  package init(before: World, live: [String]) {
    self.before = before
    self.live = live
  }

  /// The working traffic that a state endangers.
  package func violations(in after: World) -> [String] {
    var found: [String] = []
    let deployment = before.servingDeployment
    let namespace = deployment?.value(at: "metadata", "namespace")?.string
    if before.isServed, !after.isServed {
      found.append("the aggregator no longer reaches or trusts the gateway")
    }
    if let deployment, let namespace {
      for name in World.mountedSecrets(deployment)
      where before.object(Secret.type, namespace: namespace, name: name) != nil {
        if after.object(Secret.type, namespace: namespace, name: name) == nil,
          isServedBy(namespace, in: after)
        {
          found.append("the mounted Secret \(namespace)/\(name) is gone")
        }
      }
      if let next = after.object(Deployment.type, namespace: namespace, name: "gateway-deployment") {
        let lacking = World.mountedSecrets(next).filter {
          after.object(Secret.type, namespace: namespace, name: $0) == nil
        }
        let lackedBefore = World.mountedSecrets(deployment).filter {
          before.object(Secret.type, namespace: namespace, name: $0) == nil
        }
        if before.isServed, !lacking.isEmpty, lackedBefore.isEmpty {
          found.append("the gateway is rolled out with Secrets that aren't there: \(lacking)")
        }
        if hasTunnel(deployment), !hasTunnel(next), tunneled(before).contains(where: { _ in true }) {
          found.append("the tunnel's flags are dropped while \(tunneled(before)) need them")
        }
      }
      for type in [Service.type, ServiceAccount.type]
      where before.object(type, namespace: namespace, name: "cluster-gateway") != nil
        && isServedBy(namespace, in: after)
      {
        if after.object(type, namespace: namespace, name: "cluster-gateway") == nil {
          found.append("the gateway's \(type) is gone")
        }
      }
      found += credentialViolations(deployment, in: after)
    }
    return found
  }

  private func isServedBy(_ namespace: String, in world: World) -> Bool {
    world.object(APIService.type, name: "v1alpha1.cluster.core.oam.dev")?
      .value(at: "spec", "service", "namespace")?.string == namespace
  }

  private func hasTunnel(_ deployment: JSONValue?) -> Bool {
    World.arguments(deployment).contains { $0.hasPrefix("--proxy-host=") }
  }

  private func tunneled(_ world: World) -> [String] {
    let prefix = "--secret-namespace="
    guard let flag = World.arguments(world.servingDeployment).first(where: { $0.hasPrefix(prefix) }) else {
      return []
    }
    return world.objects.all(Secret.type.groupKind).filter {
      $0.metadata.namespace == String(flag.dropFirst(prefix.count))
        && $0.metadata.labels[GatewayLabels.endpointType] == "ClusterProxy"
        && $0.metadata.labels[GatewayLabels.credentialType] != nil
    }.map(\.metadata.name)
  }

  private func isRolledOut(_ deployment: JSONValue) -> Bool {
    let replicas = deployment.value(at: "spec", "replicas")
    return deployment.value(at: "status", "observedGeneration")
      == deployment.value(at: "metadata", "generation")
      && deployment.value(at: "status", "availableReplicas") == replicas
      && deployment.value(at: "status", "updatedReplicas") == replicas
  }

  private func credentialViolations(_ deployment: JSONValue, in after: World) -> [String] {
    var found: [String] = []
    let prefix = "--secret-namespace="
    for flag in World.arguments(deployment) where flag.hasPrefix(prefix) {
      let namespace = String(flag.dropFirst(prefix.count))
      for cluster in live {
        guard let old = before.object(Secret.type, namespace: namespace, name: cluster) else { continue }
        guard old.value(at: "metadata", "labels", GatewayLabels.credentialType) != nil else { continue }
        guard let new = after.object(Secret.type, namespace: namespace, name: cluster) else {
          let isMoved = World.arguments(after.servingDeployment).contains(flag) == false
          if !isMoved, old.value(at: "metadata", "deletionTimestamp") == nil, !mustGo(old, of: cluster) {
            found.append("the live cluster \(cluster) has lost its credential in \(namespace)")
          }
          continue
        }
        let labels = [old, new].map { $0.value(at: "metadata", "labels", GatewayLabels.endpointType)?.string }
        if labels[0] != "ClusterProxy", labels[1] == "ClusterProxy",
          !(isRolledOut(deployment) && hasTunnel(deployment))
        {
          found.append("\(cluster) is led through a tunnel that the pods don't know")
        }
      }
      if before.object(Role.type, namespace: namespace, name: "cluster-gateway") != nil,
        after.object(Role.type, namespace: namespace, name: "cluster-gateway") == nil
      {
        found.append("the gateway may no longer read \(namespace)")
      }
    }
    return found
  }
}

extension Safety {
  /// Whether a gateway Secret must not exist because its cluster, its add-on or its account is
  /// gone: that precedes working traffic.
  private func mustGo(_ secret: JSONValue, of cluster: String) -> Bool {
    guard before.object(ManagedCluster.type, name: cluster)?.value(at: "spec", "hubAcceptsClient") == true,
      before.object(ManagedClusterAddOn.type, namespace: cluster, name: ManagerIdentity.addOnName) != nil
    else { return true }
    let accounts = before.objects.all(ManagedServiceAccount.type.groupKind).filter {
      $0.metadata.namespace == cluster && $0.metadata.deletionTimestamp == nil
    }
    let made = secret.value(at: "metadata", "creationTimestamp")?.string.flatMap {
      Timestamp(rfc3339: $0)?.date
    }
    guard let uid = secret.value(at: "metadata", "annotations", GatewayAnnotations.accountUID)?.string else {
      return !accounts.contains { account in
        guard let made, let created = account.metadata.creationTimestamp else { return true }
        return created <= made
      }
    }
    return !accounts.contains { $0.metadata.uid == uid }
  }
}

extension World {
  /// The objects without everything that depends on the run: uids, versions, times and
  /// certificates.
  package var essence: [String: JSONValue] {
    var essence: [String: JSONValue] = [:]
    for object in objects.everything {
      guard let key = World.key(of: object.json) else { continue }
      var json = object.json
      for field in [
        "uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "ownerReferences",
      ] {
        json.set(nil, at: ["metadata", field])
      }
      json.set(
        .array(object.metadata.ownerReferences.map { .string("\($0.kind)/\($0.name)") }), at: ["owners"])
      if key == signerKey || key.name == "cluster-gateway-tls-cert" { json["data"] = nil }
      json.set(nil, at: ["spec", "caBundle"])
      json.set(nil, at: ["spec", "clusterIP"])
      json.set(nil, at: ["spec", "clusterIPs"])
      json.set(nil, at: ["status"])
      if key.type.kind == "Secret", let data = json["data"]?.object {
        // Tokens differ with the uid of the account that they are for.
        json["data"] = .array(data.map { .string($0.key) })
        let uids = [GatewayAnnotations.clusterUID, GatewayAnnotations.accountUID]
        for annotation in uids where object.metadata.annotations[annotation] != nil {
          json.set("a uid", at: ["metadata", "annotations", annotation])
        }
      }
      essence["\(key)"] = json
    }
    return essence
  }
}
