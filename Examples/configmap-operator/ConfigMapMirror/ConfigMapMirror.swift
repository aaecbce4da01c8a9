import KubeCore
public import KubeKindsCore
public import KubeReconcile

/// An operator: every ConfigMap labeled `mirror=true` in one namespace has a copy in another.
///
/// What it reconciles is the namespace of the copies.
public func configMapMirror(from source: String, to target: String) -> Controller<Namespace, Never> {
  Controller(Namespace.self, fieldManager: "configmap-operator") { context in
    guard context.object.metadata.name == target else { return }
    let originals = context.observed(ConfigMap.self).filter { $0.metadata.namespace == source }
    for original in originals {
      let metadata = ObjectMeta(name: original.metadata.name, namespace: target)
      context.ensure(ConfigMap(metadata: metadata, data: original.data))
    }
    for copy in context.observed(ConfigMap.self) where copy.metadata.namespace == target {
      let name = copy.metadata.name
      guard !originals.contains(where: { $0.metadata.name == name }) else { continue }
      context.remove(ConfigMap.self, namespace: target, name: name, because: "its original is gone")
    }
  }
  .owns(ConfigMap.self, namespace: target)
  .watches(ConfigMap.self, namespace: source, labels: ["mirror": "true"]) { _ in
    [ObjectKey(Namespace.type, name: target)]
  }
}
