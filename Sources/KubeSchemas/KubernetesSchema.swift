/// The facts about Kubernetes' built-in kinds that this library knows: Kubernetes 1.36.
public enum KubernetesSchema {
  /// The facts, from a generated literal; a kind is parsed when it is asked for.
  public static let document = SchemaDocument(text)
}
