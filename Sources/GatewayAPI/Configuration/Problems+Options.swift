import KubeCore
import KubeKindsCore

extension Problems {
  mutating func selector(_ selector: LabelSelector?, at path: FieldPath) {
    guard let selector else { return }
    labels(selector.matchLabels, at: path.field("matchLabels"))
    for (index, requirement) in selector.matchExpressions.enumerated() {
      let place = path.field("matchExpressions").index(index)
      add(
        place.field("key"), text: requirement.key, problem: NameRules.labelKeyProblem(requirement.key),
        remedy: labelKeyRemedy)
      switch requirement.operator {
      case .in, .notIn:
        if requirement.values.isEmpty {
          add(
            place.field("values"), problem: "is required for \(requirement.operator.rawValue)",
            remedy: "list values")
        }
      case .exists, .doesNotExist:
        if !requirement.values.isEmpty {
          add(
            place.field("values"), problem: "must be empty for \(requirement.operator.rawValue)",
            remedy: "remove them, or use In or NotIn")
        }
      }
      for (value, text) in requirement.values.enumerated() {
        add(
          place.field("values").index(value), text: text, problem: NameRules.labelValueProblem(text),
          remedy: labelValueRemedy)
      }
    }
  }

  private var labelKeyRemedy: String { "use a label's key, such as example.com/region" }
  private var labelValueRemedy: String { "use a label's value, such as eu-1" }

  private mutating func labels(_ labels: [String: String], at path: FieldPath) {
    for (key, value) in labels.sorted(by: { $0.key < $1.key }) {
      add(path.key(key), text: key, problem: NameRules.labelKeyProblem(key), remedy: labelKeyRemedy)
      add(path.key(key), text: value, problem: NameRules.labelValueProblem(value), remedy: labelValueRemedy)
    }
  }

  mutating func number(_ number: Int32, in range: ClosedRange<Int32>, at path: FieldPath) {
    guard !range.contains(number) else { return }
    add(
      path, problem: "\(number) is out of range",
      remedy: "use a number from \(range.lowerBound) to \(range.upperBound)")
  }

  mutating func resources(_ resources: ResourceRequirements, at path: FieldPath) {
    for (field, quantities) in [("requests", resources.requests), ("limits", resources.limits)] {
      for (resource, text) in quantities.sorted(by: { $0.key < $1.key }) {
        let place = path.field(field).key(resource)
        guard let quantity = Quantity(text) else {
          add(place, problem: "\"\(text)\" is not a quantity", remedy: "write it like 500m or 600Mi")
          continue
        }
        if quantity < Quantity(0) { add(place, problem: "\"\(text)\" is negative", remedy: "use 0 or more") }
        if field == "requests", let limit = resources.limits[resource].flatMap({ Quantity($0) }),
          limit < quantity
        {
          add(
            place, problem: "\"\(text)\" is more than the limit",
            remedy: "raise the limit or lower the request")
        }
      }
    }
  }

  mutating func scheduling(_ scheduling: ClusterGatewayConfiguration.Scheduling, at path: FieldPath) {
    labels(scheduling.nodeSelector, at: path.field("nodeSelector"))
    if let name = scheduling.priorityClassName {
      self.name(name, of: "a PriorityClass", at: path.field("priorityClassName"))
    }
    if let affinity = scheduling.affinity, affinity.object == nil {
      add(
        path.field("affinity"), problem: "expected an object, found \(affinity.kindName)",
        remedy: "see Pod.spec.affinity")
    }
    for (index, toleration) in scheduling.tolerations.enumerated() where toleration.object == nil {
      add(
        path.field("tolerations").index(index), problem: "expected an object, found \(toleration.kindName)",
        remedy: "see Pod.spec.tolerations")
    }
    for (index, constraint) in scheduling.topologySpreadConstraints.enumerated() {
      let place = path.field("topologySpreadConstraints").index(index)
      guard let members = constraint.object else {
        add(
          place, problem: "expected an object, found \(constraint.kindName)",
          remedy: "see Pod.spec.topologySpreadConstraints")
        continue
      }
      for field in ["maxSkew", "topologyKey", "whenUnsatisfiable"] where !members.contains(field) {
        add(place.field(field), problem: "is required", remedy: "see Pod.spec.topologySpreadConstraints")
      }
    }
  }

  mutating func imagePullSecrets(_ secrets: [LocalObjectReference], at path: FieldPath) {
    var seen: Set<String> = []
    for (index, secret) in secrets.enumerated() {
      let place = path.index(index).field("name")
      name(secret.name, of: "a Secret in the install namespace", at: place)
      if !seen.insert(secret.name).inserted {
        add(place, problem: "\"\(secret.name)\" is listed twice", remedy: "remove one")
      }
    }
  }

  mutating func certificates(_ certificates: ClusterGatewayConfiguration.Certificates, at path: FieldPath) {
    known(certificates.algorithm, at: path.field("algorithm"))
    let validity = duration(certificates.validity, at: path.field("validity"))
    let caValidity = duration(certificates.caValidity, at: path.field("caValidity"))
    let renewBefore = duration(certificates.renewBefore, at: path.field("renewBefore"))
    let caRenewBefore = duration(certificates.caRenewBefore, at: path.field("caRenewBefore"))
    let overlap = duration(certificates.overlap, at: path.field("overlap"))
    guard validity, caValidity, renewBefore, caRenewBefore, overlap else { return }
    if certificates.validityDuration < GoDuration(seconds: 3600) {
      add(
        path.field("validity"), problem: "is shorter than an hour",
        remedy: "use 1h or more; mounted Secrets take minutes")
    }
    if certificates.caValidityDuration <= certificates.validityDuration {
      add(
        path.field("caValidity"), problem: "is not longer than validity",
        remedy: "a CA must outlive what it signs")
    }
    renewal(
      certificates.renewBeforeDuration, field: "validity", validity: certificates.validityDuration,
      at: path.field("renewBefore"))
    renewal(
      certificates.caRenewBeforeDuration, field: "caValidity", validity: certificates.caValidityDuration,
      at: path.field("caRenewBefore"))
    if let renewBefore = certificates.renewBeforeDuration, renewBefore < installationTime {
      add(
        path.field("renewBefore"), problem: "is shorter than five minutes",
        remedy: "use 5m or more; mounted Secrets take minutes")
    }
    if certificates.overlapDuration < GoDuration(seconds: 60) {
      add(
        path.field("overlap"), problem: "is shorter than a minute",
        remedy: "use 1m or more; an API server that is behind must have read the bundle by then")
    }
    if certificates.overlapDuration >= certificates.validityDuration {
      add(
        path.field("overlap"), problem: "is not shorter than validity",
        remedy: "use minutes, or at most some hours")
    }
    // Before the current CA ends, the next one is published for the overlap, for as long again if
    // the manager was restarted meanwhile, and then every pod gets its certificate.
    let available = certificates.caRenewBeforeDuration ?? certificates.caValidityDuration.part(1, of: 3)
    if available.part(1, of: 2) < certificates.overlapDuration
      || available.nanoseconds - 2 * certificates.overlapDuration.nanoseconds < installationTime.nanoseconds
    {
      let field = certificates.caRenewBefore == nil ? "caValidity" : "caRenewBefore"
      add(
        path.field(field),
        problem:
          "leaves \(available) from the renewal of a CA to its end, too short for an overlap of \(certificates.overlapDuration)",
        remedy: "twice the overlap and five minutes must fit: raise \(field), or lower overlap")
    }
  }

  /// The maximum time until the manager has acted and every pod has loaded its certificate.
  private var installationTime: GoDuration { GoDuration(seconds: 300) }

  /// Adds the problem of a certificate that would be renewed as soon as it is issued, without end;
  /// jitter makes renewal earlier by up to an eighth.
  private mutating func renewal(
    _ before: GoDuration?, field: String, validity: GoDuration, at path: FieldPath
  ) {
    // The definition's rule counts whole seconds, and refuses some durations that are a fraction
    // below.
    guard let before, before > validity.part(3, of: 4) || before.wholeSeconds * 4 > validity.wholeSeconds * 3
    else { return }
    add(
      path, problem: "is more than three quarters of \(field)",
      remedy: "certificates would be renewed without end; use a third of \(field) or less")
  }

  /// Whether the duration is absent or valid.
  mutating func duration(_ text: String?, at path: FieldPath) -> Bool {
    guard let text else { return true }
    guard let duration = GoDuration(text) else {
      add(path, problem: "\"\(text)\" is not a duration", remedy: "write it like 4320h or 90m")
      return false
    }
    guard duration > GoDuration(nanoseconds: 0) else {
      add(path, problem: "\"\(text)\" is not positive", remedy: "write it like 4320h or 90m")
      return false
    }
    return true
  }

  mutating func featureGates(_ gates: [String: Bool], of release: GatewayRelease, at path: FieldPath) {
    for name in gates.keys.sorted() {
      let isName = !name.isEmpty && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
      if !isName {
        add(
          path.key(name), problem: "\"\(name)\" is not a feature gate's name",
          remedy: "use letters and digits")
      } else if release.support(ofGate: name) == .unknown,
        let gate = GatewayOption.featureGates.first(where: { $0.name == name })
      {
        add(
          path.key(name),
          problem: "cluster-gateway \(release.version) does not know the gate, and ends at its start",
          remedy: "remove the gate, or use an image of \(gate.since) or newer")
      } else if release.isKnown, let gate = GatewayOption.featureGate(intendedBy: name) {
        add(
          path.key(name),
          problem: "cluster-gateway \(release.version) has no such gate, and ends at its start",
          remedy: "did you mean \"\(gate.name)\"?")
      }
    }
  }
}

extension GoDuration {
  fileprivate var wholeSeconds: Int64 { nanoseconds / 1_000_000_000 }

  /// The given number of as many equal parts, rounded down to the nanosecond.
  fileprivate func part(_ count: Int64, of parts: Int64) -> GoDuration {
    GoDuration(nanoseconds: nanoseconds / parts * count)
  }
}
