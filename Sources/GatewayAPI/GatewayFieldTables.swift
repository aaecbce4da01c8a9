public import KubeCore
import KubeSchemas

/// What the API server knows about the fields of this module's kinds.
///
/// On older hubs lists that are keyed here may be atomic: the served schema decides, where it is at hand
/// (`FieldTable(openAPISchema:)`).
public enum GatewayFieldTables {
  /// The tables of the kinds that the operator reads and writes.
  public static let all: FieldTables = {
    var tables = FieldTables(OpenClusterManagementSchema.document)
    tables[ClusterGatewayConfiguration.type.groupKind] = ClusterGatewayConfiguration.fieldTable
    return tables
  }()
}
