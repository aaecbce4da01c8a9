public import KubeCore

extension MemoryAPIServer {
  /// The objects of a kind in list order (namespace and name), without encoding; none for a kind or
  /// version that isn't served.
  ///
  /// - Parameters:
  ///   - type: The kind in the requested version.
  ///   - namespace: The namespace; `nil` for all.
  public func objects(_ type: ResourceType, namespace: String? = nil) -> [DynamicObject] {
    guard let rules = registry[type.groupKind], rules.version(type.version) != nil else { return [] }
    return store.objects(type.groupKind, namespace: namespace).compactMap {
      try? DynamicObject(visible($0, type))
    }
  }

  /// The object with this key; `nil` where there is none.
  public func object(_ key: ObjectKey) -> DynamicObject? {
    guard let rules = registry[key.type.groupKind], rules.version(key.type.version) != nil,
      let stored = store.object(key.type.groupKind, Slot(namespace: key.namespace ?? "", name: key.name))
    else { return nil }
    return try? DynamicObject(visible(stored, key.type))
  }

  /// The objects of a known kind that can be decoded.
  public func objects<Kind: KubeObject>(_ kind: Kind.Type, namespace: String? = nil) -> [Kind] {
    objects(Kind.type, namespace: namespace).compactMap { try? $0.decode(kind) }
  }

  /// The object of a known kind; `nil` where there is none or it can't be decoded.
  public func object<Kind: KubeObject>(_ kind: Kind.Type, namespace: String? = nil, name: String) -> Kind? {
    try? object(ObjectKey(Kind.type, namespace: namespace, name: name))?.decode(kind)
  }
}
