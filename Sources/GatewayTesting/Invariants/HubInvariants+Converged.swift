import GatewayReconcile
import KubeCore

/// The invariants of a converged hub.
extension HubInvariants {
  /// The violations of a converged hub.
  ///
  /// - Parameter silent: The clusters that don't answer.
  package func violations(whenConverged hub: HubFacts, silent: Set<String>) -> [String] {
    guard let addOn = hub.addOn else {
      // The CA outlives the add-on, so that deleting or restoring that doesn't take it.
      let signer = "\(ManagerIdentity().namespace)/\(ManagerIdentity().signerSecretName)"
      return hub.labeled.filter { !($0.isSecret && $0.place == signer) }
        .map { "\($0.description) is left though the add-on is gone" }
    }
    var found = violations(in: hub)
    guard let configuration = hub.configuration else { return found }
    found += credentialViolations(in: hub)
    let live = liveClusters(hub)
    for cluster in live.sorted() {
      guard let conditions = hub.clusterAddOns[cluster]?.conditions else {
        if addOn.isManual { found.append("cluster \(cluster) has no add-on") }
        continue
      }
      if let obstacle = hub.obstacles[cluster] {
        found.append("cluster \(cluster) isn't reached: \(obstacle)")
      }
      for type in ["Available", "ManifestApplied", "RegistrationApplied", "Configured"]
      where !conditions.isTrue(type) && !(type == "Available" && silent.contains(cluster)) {
        found.append("the add-on of \(cluster) isn't \(type)")
      }
      if silent.contains(cluster), conditions.condition("Available")?.status != .false {
        found.append("the add-on of \(cluster) isn't said to be unavailable")
      }
      if conditions.condition("Progressing")?.reason != "Completed" {
        found.append("the add-on of \(cluster) keeps progressing")
      }
      let secret = hub.gatewaySecrets.first {
        $0.object.name == cluster && $0.object.namespace == configuration.secretNamespace
      }?.content
      if secret?.endpoint != (configuration.usesTunnel ? "ClusterProxy" : "Const") {
        found.append("the gateway Secret of \(cluster) says \(secret?.endpoint ?? "nothing")")
      }
      if secret?.data != hub.tokenData["\(cluster)/\(configuration.account)"] {
        found.append("the gateway Secret of \(cluster) doesn't hold the agent's token")
      }
    }
    found += healthViolations(in: hub, configuration)
    for (secret, _) in hub.gatewaySecrets where secret.isOurs {
      if !live.contains(secret.name) || secret.namespace != configuration.secretNamespace {
        found.append("the gateway Secret \(secret.place) is left")
      }
    }
    for namespace in hub.secretRoles.keys.sorted() where namespace != configuration.secretNamespace {
      found.append("the gateway's rights in \(namespace) are left")
    }
    for account in hub.accounts.values.joined().filter({ $0.name != configuration.account }).map(\.place)
      .sorted()
    {
      found.append("the account \(account) is left")
    }
    for deployment in hub.deployments.values where deployment.template.hasTunnel != configuration.usesTunnel {
      found.append("the pods' flags don't fit the egress")
    }
    if hub.signerKeys.contains(SignerKey.nextKey) { found.append("the next CA never took over") }
    if !(hub.apiService?.isAvailable ?? false) { found.append("the gateway's API isn't served") }
    return found
  }

  /// The manager's gateway Secrets that must not exist, also while rights are missing.
  package func credentialViolations(in hub: HubFacts) -> [String] {
    hub.gatewaySecrets.filter(\.object.isOurs).compactMap { object, secret in
      let reason =
        hub.reasonToRemove(object, secret)
        ?? (unserved.contains(object.name) ? "its account is another's" : nil)
      return reason.map { "the gateway Secret \(object.place) is there, but \($0)" }
    }
  }

  private func liveClusters(_ hub: HubFacts) -> Set<String> {
    Set(hub.clusters.filter { !$0.value.object.isLeaving && $0.value.takesPart }.keys).subtracting(unserved)
  }

  /// The differences between what `kubectl get clustergateways`, the add-ons and the configuration
  /// show of the clusters.
  private func healthViolations(in hub: HubFacts, _ configuration: ConfigurationFacts) -> [String] {
    let clusters = liveClusters(hub)
    let available = clusters.filter { hub.clusterAddOns[$0]?.conditions.isTrue("Available") ?? false }
    let healthy = clusters.intersection(
      hub.gatewaySecrets.filter { secret in
        secret.content.isHealthy && secret.object.namespace == configuration.secretNamespace
      }.map(\.object.name))
    var found: [String] = []
    if available != healthy {
      found.append("available are \(available.sorted()), and healthy at the gateway \(healthy.sorted())")
    }
    if summarizesHealth, (configuration.clusters?.status == .true) != (available == clusters) {
      let reported = configuration.clusters?.message ?? "nothing"
      found.append("available are \(available.sorted()), and the configuration says \(reported)")
    }
    return found
  }
}
