import GatewayAPI
public import KubeCore
import KubeReconcile

package import struct Foundation.Date

/// What one cluster adds to ``FleetHealth``, as its add-on's conditions say.
public struct ClusterSummary: Sendable, Hashable {
  /// The status of the add-on's condition `Available`; Unknown where it has none.
  public var available: Condition.Status
  /// Whether the gateway has a credential for the cluster, with rights there.
  public var hasIdentity: Bool
  /// The statuses of ``conditionTypes``; Unknown for one that isn't there.
  package var statuses: [Condition.Status]
  /// When the token of the cluster's account ends, as the ManagedServiceAccount says.
  package var tokenExpiry: Date?

  /// The conditions of the add-on that are counted.
  package static let conditionTypes = [
    ManagedClusterAddOn.ConditionType.available, ManagedClusterAddOn.ConditionType.manifestApplied,
    ManagedClusterAddOn.ConditionType.registrationApplied,
  ]

  /// The summary of a cluster with these objects; `nil` where the add-on isn't enabled.
  init?(of name: String, _ objects: ObservedObjects, secretNamespace: String?, account: String?) {
    guard let secretNamespace,
      let cluster = objects[ManagedKind.managedCluster, nil, name],
      cluster.metadata.deletionTimestamp == nil,
      let addOn = objects[ManagedKind.managedClusterAddOn, name, ManagerIdentity.addOnName],
      addOn.metadata.deletionTimestamp == nil
    else { return nil }
    func status(_ type: String) -> Condition.Status? {
      let conditions = addOn.json.value(at: "status", "conditions")?.array ?? []
      let condition = conditions.first { $0["type"]?.string == type }
      return condition?["status"]?.string.flatMap { Condition.Status(rawValue: $0) }
    }
    available = status(ManagedClusterAddOn.ConditionType.available) ?? .unknown
    statuses = Self.conditionTypes.map { status($0) ?? .unknown }
    tokenExpiry = account.flatMap { objects[ManagedKind.managedServiceAccount, name, $0] }?
      .json.value(at: "status", "expirationTimestamp")?.string.flatMap { Timestamp(rfc3339: $0)?.date }
    // Rights that are being changed are there all the same.
    let applied = status(ManagedClusterAddOn.ConditionType.manifestApplied) ?? .false
    hasIdentity = objects[ManagedKind.secret, secretNamespace, name] != nil && applied != .false
  }
}

/// How all clusters do: counts, and a few names for people.
public struct FleetHealth: Sendable, Hashable {
  /// On how many clusters the add-on is enabled.
  public private(set) var served = 0
  /// On how many of them it is available.
  public private(set) var available = 0
  /// On how many of them it isn't, and the first of these by name.
  public private(set) var unavailable = FirstNames()
  /// On how many of them that isn't known, and the first of these by name.
  public private(set) var unknown = FirstNames()
  /// For how many of them the gateway has no credential with rights there, and the first of these by name.
  public private(set) var withoutIdentity = FirstNames()

  /// The health of no cluster.
  public init() {}

  /// The health of clusters with these summaries, by name.
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

  /// How many names there are, and the first three of them.
  public struct FirstNames: Sendable, Hashable, CustomStringConvertible {
    /// How many there are.
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
