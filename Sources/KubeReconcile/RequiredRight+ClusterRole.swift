public import KubeCore

extension [RequiredRight] {
  /// A ClusterRole with the rights, for `kubectl apply` and for tests.
  ///
  /// It grants them in all namespaces; for a controller that is limited to one, a Role there can
  /// hold the rules.
  public func clusterRole(named name: String) -> JSONValue {
    [
      "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
      "metadata": ["name": .string(name)],
      "rules": .array(map(\.rule.json)),
    ]
  }
}
