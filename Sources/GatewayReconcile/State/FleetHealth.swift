import GatewayAPI
public import KubeCore
import KubeReconcile

/// One cluster's part of ``FleetHealth``, from its add-on's conditions.
public struct ClusterSummary: Sendable, Hashable {
  /// The status of the add-on's condition `Available`; Unknown if it has none.
  public var available: Condition.Status
  /// Whether the gateway has a credential for the cluster, with rights there.
  public var hasIdentity: Bool
  /// The statuses of ``conditionTypes``; Unknown for a missing one, and `nil` for one that isn't
  /// reported.
  package var statuses: [Condition.Status?]
  /// The expiry of the token of the cluster's account, from the ManagedServiceAccount.
  package var tokenExpiry: Date?

  /// The conditions of the add-on that are counted.
  package static let conditionTypes = [
    ManagedClusterAddOn.ConditionType.available, ManagedClusterAddOn.ConditionType.manifestApplied,
    ManagedClusterAddOn.ConditionType.registrationApplied,
  ]

  /// Creates the summary of a cluster with these objects; `nil` if the gateway isn't to access it.
  init?(
    of name: String, _ objects: ObservedObjects, selector: LabelSelector?, secretNamespace: String?,
    account: String?
  ) {
    guard let secretNamespace,
      let cluster = objects[ManagedKind.managedCluster, namespace: nil, name: name],
      Exclusion.byHub(cluster) == nil, Exclusion.byChoice(cluster, selector: selector) == nil,
      let addOn = objects[ManagedKind.managedClusterAddOn, namespace: name, name: ManagerIdentity.addOnName],
      addOn.metadata.deletionTimestamp == nil
    else { return nil }
    func status(_ type: String) -> Condition.Status? {
      let conditions = addOn.json.value(at: "status", "conditions")?.array ?? []
      let condition = conditions.first { $0["type"]?.string == type }
      return condition?["status"]?.string.flatMap { Condition.Status(rawValue: $0) }
    }
    available = status(ManagedClusterAddOn.ConditionType.available) ?? .unknown
    statuses = Self.conditionTypes.map { type in
      let isReported = account != nil || type != ManagedClusterAddOn.ConditionType.manifestApplied
      return isReported ? status(type) ?? .unknown : nil
    }
    tokenExpiry = account.flatMap { objects[ManagedKind.managedServiceAccount, namespace: name, name: $0] }?
      .json.value(at: "status", "expirationTimestamp")?.string.flatMap { Timestamp(rfc3339: $0)?.date }
    // Rights that are being changed exist nevertheless; a credential created by hand has its own.
    let hasRights =
      account == nil || status(ManagedClusterAddOn.ConditionType.manifestApplied) ?? .false != .false
    hasIdentity = hasRights && objects[ManagedKind.secret, namespace: secretNamespace, name: name] != nil
  }
}

/// The health of all clusters: counts, and a few names for people.
public struct FleetHealth: Sendable, Hashable {
  /// The number of clusters that the gateway is to access: they are accepted and selected, and the
  /// add-on is enabled on them.
  public private(set) var served = 0
  /// The number of them on which it is available.
  public private(set) var available = 0
  /// The number of them on which it isn't available, with the first names.
  public private(set) var unavailable = FirstNames()
  /// The number of them on which its availability isn't known, with the first names.
  public private(set) var unknown = FirstNames()
  /// The number of them for which the gateway has no credential with rights there, with the first
  /// names.
  public private(set) var withoutIdentity = FirstNames()

  /// Creates the health of no clusters.
  public init() {}

  /// Creates the health of clusters with these summaries, by name.
  public init(_ clusters: some Sequence<(key: String, value: ClusterSummary)>) {
    for (name, cluster) in clusters {
      served += 1
      switch cluster.available {
      case .true: available += 1
      case .false: unavailable.insert(name)
      case .unknown: unknown.insert(name)
      }
      if !cluster.hasIdentity { withoutIdentity.insert(name) }
    }
  }

  /// A number of names, and the first three of them.
  public struct FirstNames: Sendable, Hashable, CustomStringConvertible {
    /// The number of names.
    public private(set) var count = 0
    /// The first three by name.
    public private(set) var names: [String] = []

    mutating func insert(_ name: String) {
      count += 1
      guard names.count < 3 || names.last.map({ name < $0 }) ?? true else { return }
      names.append(name)
      names.sort()
      if names.count > 3 { names.removeLast() }
    }

    /// The names, such as `a, b, c and 4 more`.
    public var description: String {
      let list = names.joined(separator: ", ")
      return count > names.count ? "\(list) and \(count - names.count) more" : list
    }
  }
}
