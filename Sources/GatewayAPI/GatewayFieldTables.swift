public import KubeCore
import KubeSchemas

/// The field tables of this module's kinds.
///
/// On older hubs, lists that are keyed here may be atomic: the served schema takes precedence where
/// it is available (`FieldTable(openAPISchema:)`).
public enum GatewayFieldTables {
  /// The tables of the kinds that the manager reads and writes.
  public static let all: FieldTables = {
    var tables = FieldTables(OpenClusterManagementSchema.document)
    tables[ClusterGatewayConfiguration.type.groupKind] = ClusterGatewayConfiguration.fieldTable
    return tables
  }()
}
