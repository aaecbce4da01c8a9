public import KubeCore

extension [RequiredRight] {
  /// A ClusterRole that grants the rights, for `kubectl apply` and for tests.
  ///
  /// It grants them in all namespaces; a controller that is limited to one can have the rules in a Role there.
  public func clusterRole(named name: String) -> JSONValue {
    [
      "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
      "metadata": ["name": .string(name)],
      "rules": .array(map(\.rule.json)),
    ]
  }
}
