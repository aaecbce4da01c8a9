import GatewayAPI
import KubeCore
import KubeSchemas

extension FieldTables {
  /// The tables of every kind that the plans write.
  static let gateway = FieldTables.builtIn.merging(GatewayFieldTables.all)
}

extension ClusterManagementAddOn {
  /// Whether nobody but the add-on itself decides which clusters get it: the strategy `Manual`, or none.
  var installsManually: Bool {
    (spec.installStrategy?.type ?? InstallStrategy.manual) == InstallStrategy.manual
  }
}

extension GoDuration {
  /// The same length as Swift's type.
  package var length: Duration { .nanoseconds(nanoseconds) }
}
