public import KubeCore

extension CustomResourceDefinition {
  /// The kind in each version that is served, newest first as the definition lists them.
  public var servedTypes: [ResourceType] {
    spec.versions.filter(\.served).map { version in
      ResourceType(
        group: spec.group, version: version.name, kind: spec.names.kind, plural: spec.names.plural,
        isNamespaced: spec.scope == "Namespaced")
    }
  }
}
