import GatewayAPI
import KubeCore
import KubeReconcile
import KubeSchemas

extension FieldTables {
  /// The field tables of every kind that the plans write.
  static let gateway = FieldTables.builtIn.merging(GatewayFieldTables.all)
}

extension ClusterManagementAddOn {
  /// Whether the add-on isn't enabled by OCM: its install strategy is `Manual`, or there is none.
  var installsManually: Bool {
    (spec.installStrategy?.type ?? InstallStrategy.manual) == InstallStrategy.manual
  }
}

extension GoDuration {
  /// The duration as Swift's type.
  package var length: Duration { .nanoseconds(nanoseconds) }
}

/// The planner of the hub's plans.
typealias PatchPlanner = Planner<GatewayEffect>

extension Planner where Effect == GatewayEffect {
  /// Creates a planner with the manager's rules.
  ///
  /// - Parameters:
  ///   - objects: The observed objects.
  ///   - cluster: The cluster of the plan, if it is one cluster's.
  ///   - force: Whether fields that another field manager applies are taken over.
  init(objects: ObservedObjects, cluster: String? = nil, force: Bool = false) {
    self.init(
      objects: objects, rules: ManagerIdentity.rules, tables: .gateway,
      subject: cluster.map { Finding.subject(cluster: $0) }, force: force,
      forceRemedy: "set spec.ownership.force in the configuration", harmfulFields: HarmfulField.gateway)
  }
}
