public import KubeSchemas

/// The facts about Open Cluster Management's kinds that the gateway reads and writes.
public enum OpenClusterManagementSchema {
  /// The facts from a generated literal; a kind is parsed on first use.
  public static let document = SchemaDocument(customResources: text, base: KubernetesSchema.document)
}
