import CertificatePolicy
import GatewayAPI
import KubeCore
import KubeKindsApps
import KubeKindsCore
import KubeReconcile

/// Plans the objects that the gateway's pods need for cluster-proxy's tunnel.
struct TunnelPlanner {
  let state: InstallationState
  let spec: ClusterGatewayConfiguration.Spec
  let owner: OwnerReference
  let now: Date

  /// Returns the tunnel that the gateway's pods should have: the configured one or, without one,
  /// their current one as long as a cluster's Secret still uses it.
  func plan(_ planner: inout PatchPlanner) -> ProxyTunnel? {
    let deployment = state.objects.value(
      Deployment.self, namespace: spec.installNamespace, name: GatewayNames.deployment)
    let running = ProxyTunnel(runningIn: deployment)
    if let proxy = spec.clusterProxy {
      for name in Set([proxy.credentials.proxyClientCASecretName, proxy.credentials.proxyClientSecretName])
        .sorted()
      {
        takeCredential(name, of: proxy.credentials, &planner)
      }
      let tunnel = ProxyTunnel(proxy)
      let missing = [tunnel.caSecretName, tunnel.clientSecretName].filter {
        state.objects[Secret.type.groupKind, namespace: spec.installNamespace, name: $0] == nil
      }
      // Running pods are not replaced by pods that can't start.
      if let deployment, !missing.isEmpty, !deployment.mounts(missing) {
        planner.report(
          .awaiting, "TunnelCredentialsMissing", on: deployment.key,
          problem:
            "the gateway gets the tunnel's flags when \(missing.joined(separator: ", ")) can be mounted",
          remedy: "nothing to do where the Secrets are being copied", awaitedFrom: "the manager's next plans")
        return running
      }
      return tunnel
    }
    let credentials = ObjectSelection(Secret.type, namespace: spec.secretNamespace)
    guard let running else { return nil }
    // It isn't known which Secrets use the tunnel.
    guard state.objects.isObserved(credentials) else { return running }
    guard state.fleet.proxySecrets + state.fleet.foreignProxySecrets > 0 else { return nil }
    if state.fleet.proxySecrets > 0 {
      planner.report(
        .awaiting, "TunnelInUse",
        problem:
          "the proxy tunnel's flags stay until no gateway Secret leads through it (\(state.fleet.proxySecrets) do)",
        remedy: "nothing to do, but for clusters that have no URL: see the findings EndpointUnknown",
        awaitedFrom: "the manager's next plans")
    } else {
      planner.report(
        .warning, "TunnelInUseByOthers",
        problem:
          "\(state.fleet.foreignProxySecrets) gateway Secrets that aren't the manager's lead through the proxy tunnel, so its flags stay",
        remedy: "relabel or delete those Secrets in namespace \(spec.secretNamespace)")
    }
    return running
  }

  // MARK: The credentials

  /// Copies one of cluster-proxy's Secrets to the gateway's namespace, unless the gateway couldn't
  /// use it: running pods then keep the one that they have.
  private func takeCredential(
    _ name: String, of credentials: ClusterGatewayConfiguration.Credentials,
    _ planner: inout PatchPlanner
  ) {
    let source = ObjectKey(Secret.type, namespace: credentials.namespace, name: name)
    // If both namespaces are the same, the Secret itself is mounted.
    let isCopied = credentials.namespace != spec.installNamespace
    guard state.objects[source] != nil else {
      guard state.objects.isObserved(source) else { return }
      planner.report(
        .awaiting, "ProxyCredentialsMissing", on: source,
        problem: "the proxy tunnel's credentials are not there",
        remedy: "install cluster-proxy, or correct spec.egress.clusterProxy.credentials",
        awaitedFrom: "the cluster-proxy add-on")
      return
    }
    let faults = faults(of: name, credentials)
    planner.plan.requeue(after: faults.recheckAfter)
    let remedy = "correct the Secret, or delete it so that cluster-proxy creates it again"
    guard faults.fatal.isEmpty else {
      let hasCopy =
        isCopied && state.objects[Secret.type.groupKind, namespace: spec.installNamespace, name: name] != nil
      planner.report(
        .invalid, "ProxyCredentialsUnusable", on: source,
        problem:
          "the gateway can't go through the proxy tunnel with it (\(faults.fatal.joined(separator: "; ")))"
          + (hasCopy
            ? "; the earlier one stays in \(spec.installNamespace)" : isCopied ? "; it isn't copied" : ""),
        remedy: remedy)
      return
    }
    if !faults.others.isEmpty {
      planner.report(
        .error, "ProxyCredentialsUnfit", on: source,
        problem:
          "connections through the proxy tunnel may be refused with it (\(faults.others.joined(separator: "; ")))",
        remedy: remedy)
    }
    guard isCopied, let original = planner.read(Secret.self, namespace: credentials.namespace, name: name)
    else { return }
    let copy = Secret(
      metadata: ObjectMeta(
        name: name, namespace: spec.installNamespace, labels: ManagerIdentity.labels, ownerReferences: [owner]
      ),
      type: original.type ?? "Opaque",
      // The gateway needs no other values, such as a CA's key.
      data: original.data.filter { key, _ in
        name == credentials.proxyClientCASecretName && key == "ca.crt"
          || name == credentials.proxyClientSecretName && ["tls.crt", "tls.key"].contains(key)
      })
    let memory = memoryOfCopies(name)
    // A copy without a record would stay when it is no longer wanted.
    if let memory, !planner.plan.patches.contains(where: { $0.target == memory }) { return }
    planner.ensure(
      copy, precondition: .resourceVersion, because: "the gateway mounts the proxy tunnel's credentials",
      dependingOn: memory, replacing: true)
  }

  /// The ServiceAccount, if it doesn't record the copy yet: this plan writes that.
  private func memoryOfCopies(_ name: String) -> ObjectKey? {
    let account = ObjectKey(
      ServiceAccount.type, namespace: spec.installNamespace, name: GatewayNames.serviceAccount)
    let isRemembered = state.objects[account].map { FormerPlaces.copies(notedOn: $0).contains(name) } ?? false
    return isRemembered ? nil : account
  }

  /// The faults of a credential: those that keep the gateway from loading it, and those for which
  /// its connections are refused.
  private struct Faults {
    var fatal: [String] = []
    var others: [String] = []
    /// The delay after which time alone changes the result.
    var recheckAfter: Duration?
  }

  private func faults(
    of name: String, _ credentials: ClusterGatewayConfiguration.Credentials
  ) -> Faults {
    var faults = Faults()
    var ends: [Date] = []
    if name == credentials.proxyClientSecretName, let client = state.certificates.tunnelClient {
      // Its renewal is cluster-proxy's task.
      let reasons = RenewalPolicy().decide(client: client, at: now, name: name).reasons.filter(\.isBroken)
      faults.fatal += reasons.filter(\.keepsFromLoading).map(\.description)
      faults.others += reasons.filter { !$0.keepsFromLoading }.map(\.description)
      ends += [client.leaf?.notAfter].compactMap { $0 }
    }
    if name == credentials.proxyClientCASecretName, let bundle = state.certificates.tunnelCAs {
      if bundle.certificates.isEmpty {
        faults.fatal.append("ca.crt holds no certificate that can be read")
      } else if bundle.unexpired(at: now).certificates.isEmpty {
        faults.others.append("every CA in ca.crt has expired")
      }
      ends += bundle.certificates.map(\.notAfter)
    }
    faults.recheckAfter = ends.filter { $0 >= now }.min().map { end in
      // Whole seconds, after the last one that counts; at most ten years, to stay in range.
      .seconds(Int64(min(end.timeIntervalSince(now).rounded(.up), 315_360_000)) + 1)
    }
    return faults
  }
}

extension RenewalReason {
  /// Whether a program can't even start with the pair.
  fileprivate var keepsFromLoading: Bool {
    switch self {
    case .absent, .unreadable, .keyMismatch: true
    default: false
    }
  }
}

/// The proxy tunnel in the pods' template: flags, and mounted Secrets.
struct ProxyTunnel: Hashable {
  var arguments: [String]
  var caSecretName: String
  var clientSecretName: String

  /// Creates the configured tunnel.
  init(_ proxy: ClusterGatewayConfiguration.ClusterProxy) {
    arguments = [
      "--proxy-host=\(proxy.proxyServerHost)",
      "--proxy-port=\(proxy.proxyServerPort)",
      "--proxy-ca-cert=/etc/ca/ca.crt",
      "--proxy-cert=/etc/tls/tls.crt",
      "--proxy-key=/etc/tls/tls.key",
    ]
    caSecretName = proxy.credentials.proxyClientCASecretName
    clientSecretName = proxy.credentials.proxyClientSecretName
  }

  /// Creates the tunnel of a Deployment's current pods; `nil` if they have none.
  init?(runningIn deployment: Deployment?) {
    guard let pod = deployment?.spec.template.spec else { return nil }
    let flags = pod.containers.flatMap(\.args).filter { $0.hasPrefix("--proxy-") }
    func secret(_ volume: String) -> String? {
      pod.volumes.first { $0.name == volume }?.secret?.secretName
    }
    guard !flags.isEmpty, let ca = secret("proxy-client-ca"), let client = secret("proxy-client") else {
      return nil
    }
    arguments = flags
    caSecretName = ca
    clientSecretName = client
  }
}
