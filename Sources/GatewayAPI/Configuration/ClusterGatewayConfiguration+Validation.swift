public import KubeCore

extension ClusterGatewayConfiguration {
  /// All problems of the configuration, in the order of its fields; empty for a valid one.
  ///
  /// A field without a value is validated with its default. Each problem has its path and a remedy.
  public func validate() -> [FieldError] {
    let root = FieldPath(dotted: "spec")
    var problems = Problems()
    problems.image(spec.image, at: root.field("image"))
    problems.namespace(spec.installNamespace, at: root.field("installNamespace"))
    problems.namespace(spec.secretNamespace, at: root.field("secretNamespace"))
    problems.secretManagement(spec.secretManagement, at: root.field("secretManagement"))
    problems.egress(spec.egress, at: root.field("egress"))
    problems.selector(spec.clusters.selector, at: root.field("clusters").field("selector"))
    problems.number(
      spec.replicas, in: ClusterGatewayConfiguration.Spec.replicasBounds, at: root.field("replicas"))
    problems.resources(spec.resources, at: root.field("resources"))
    problems.scheduling(spec.scheduling, at: root.field("scheduling"))
    problems.imagePullSecrets(spec.imagePullSecrets, at: root.field("imagePullSecrets"))
    problems.certificates(spec.certificates, at: root.field("certificates"))
    problems.health(spec.health, at: root.field("health"))
    problems.featureGates(spec.featureGates, of: spec.release, at: root.field("featureGates"))
    return problems.errors
  }
}

/// The problems found so far.
struct Problems {
  private(set) var errors: [FieldError] = []

  mutating func add(_ path: FieldPath, problem: String, remedy: String) {
    errors.append(FieldError(path: path, problem: problem, remedy: remedy))
  }

  /// Adds the problem of `text` by one of `NameRules`, if any.
  mutating func add(_ path: FieldPath, text: String, problem: String?, remedy: String) {
    guard let problem else { return }
    add(path, problem: text.isEmpty ? "is required" : "\"\(text.prefix(80))\" \(problem)", remedy: remedy)
  }

  mutating func namespace(_ text: String, at path: FieldPath) {
    add(path, text: text, problem: NameRules.dnsLabelProblem(text), remedy: "name a namespace")
  }

  mutating func name(_ text: String, of what: String, at path: FieldPath) {
    add(path, text: text, problem: NameRules.dnsSubdomainProblem(text), remedy: "name \(what)")
  }

  mutating func known<Name: OpenEnumeration>(_ value: Name?, at path: FieldPath) {
    guard let value, !value.isKnown else { return }
    let names = Name.known.map(\.name)
    let suggestion = Suggestion.closest(to: value.name, among: names).map { "did you mean \"\($0)\"?" }
    add(
      path, problem: "\"\(value.name)\" is not a known value",
      remedy: suggestion ?? "use one of: \(names.joined(separator: ", "))")
  }

  mutating func image(_ image: String, at path: FieldPath) {
    if image.isEmpty {
      add(path, problem: "is required", remedy: "name the image, such as \(GatewayRelease.newestImage)")
    } else if image.contains(where: \.isWhitespace) {
      add(path, problem: "\"\(image)\" contains white space", remedy: "remove it")
    } else if !image.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) {
      add(
        path, problem: "contains characters that no image's name has",
        remedy: "use printable ASCII characters alone")
    } else if image.utf8.count > 1024 {
      add(
        path, problem: "is longer than 1024 characters",
        remedy: "name an image by registry, repository and tag or digest")
    }
  }

  mutating func secretManagement(
    _ management: ClusterGatewayConfiguration.SecretManagement, at path: FieldPath
  ) {
    known(management.type, at: path.field("type"))
    if management.type != .manual {
      name(
        management.managedServiceAccount.name,
        of: "a ManagedServiceAccount, or leave the field out for \"cluster-gateway\"",
        at: path.field("managedServiceAccount").field("name"))
    }
  }

  mutating func egress(_ egress: ClusterGatewayConfiguration.Egress, at path: FieldPath) {
    switch egress.type {
    case .unknown(""): add(path.field("type"), problem: "is required", remedy: "use Direct or ClusterProxy")
    case .unknown: known(egress.type, at: path.field("type"))
    case .direct: break  // A clusterProxy besides is not used; copies for it may be left.
    case .clusterProxy:
      if let proxy = egress.clusterProxy {
        clusterProxy(proxy, at: path.field("clusterProxy"))
      } else {
        add(
          path.field("clusterProxy"), problem: "is required for egress of type ClusterProxy",
          remedy: "give proxyServerHost, proxyServerPort and credentials, or use egress of type Direct")
      }
    }
    for (index, rule) in egress.permissions.enumerated() {
      policyRule(rule, at: path.field("permissions").index(index))
    }
  }

  private mutating func clusterProxy(_ proxy: ClusterGatewayConfiguration.ClusterProxy, at path: FieldPath) {
    let host = proxy.proxyServerHost
    // An IPv6 address is the only kind of host that isn't a DNS subdomain.
    let isAddress = host.contains(":") && host.utf8.allSatisfy { isAddressByte($0) }
    if !isAddress {
      add(
        path.field("proxyServerHost"), text: host, problem: NameRules.dnsSubdomainProblem(host),
        remedy:
          "give the host alone, without scheme and port, such as proxy-entrypoint.open-cluster-management-addon"
      )
    }
    let port = path.field("proxyServerPort")
    let ports = ClusterGatewayConfiguration.ClusterProxy.proxyServerPortBounds
    if !proxy.fields.contains("proxyServerPort") {
      add(port, problem: "is required", remedy: "give the port of the tunnel's entry point, such as 8090")
    } else if !ports.contains(proxy.proxyServerPort) {
      add(
        port, problem: "\(proxy.proxyServerPort) is not a port",
        remedy: "use a number from \(ports.lowerBound) to \(ports.upperBound)")
    }
    let credentials = path.field("credentials")
    namespace(proxy.credentials.namespace, at: credentials.field("namespace"))
    name(
      proxy.credentials.proxyClientSecretName, of: "the Secret with the client certificate",
      at: credentials.field("proxyClientSecretName"))
    name(
      proxy.credentials.proxyClientCASecretName, of: "the Secret with the CA",
      at: credentials.field("proxyClientCASecretName"))
  }

  private func isAddressByte(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: ":") || byte == UInt8(ascii: ".")
      || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || UInt8(ascii: "a")...UInt8(ascii: "f") ~= byte
      || UInt8(ascii: "A")...UInt8(ascii: "F") ~= byte
  }

  private mutating func policyRule(_ rule: PolicyRule, at path: FieldPath) {
    if rule.verbs.isEmpty {
      add(path.field("verbs"), problem: "is required", remedy: "list verbs such as get, or *")
    }
    if rule.nonResourceURLs.isEmpty {
      if rule.apiGroups.isEmpty {
        add(
          path.field("apiGroups"), problem: "is required",
          remedy: "list the resources' groups; \"\" is the core group, * all")
      }
      if rule.resources.isEmpty {
        add(path.field("resources"), problem: "is required", remedy: "list resources such as pods, or *")
      }
    } else if !(rule.apiGroups.isEmpty && rule.resources.isEmpty && rule.resourceNames.isEmpty) {
      add(
        path.field("nonResourceURLs"), problem: "can't stand in one rule with resources",
        remedy: "give the paths a rule of their own")
    }
    for (index, url) in rule.nonResourceURLs.enumerated() where url != "*" && !url.hasPrefix("/") {
      add(
        path.field("nonResourceURLs").index(index), problem: "\"\(url)\" is not a path",
        remedy: "begin it with /, or use *")
    }
  }
}
