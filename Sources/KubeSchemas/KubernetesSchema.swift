/// The facts about Kubernetes' built-in kinds, from Kubernetes 1.36.
public enum KubernetesSchema {
  /// The facts as a ``SchemaDocument`` from a generated literal; a kind is parsed on first use.
  public static let document = SchemaDocument(text)
}
