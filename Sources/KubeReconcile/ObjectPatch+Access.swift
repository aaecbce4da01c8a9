public import KubeCore

extension [RequiredRight] {
  /// Whether the rights allow the request that `attributes` describe.
  public func allow(_ attributes: AccessAttributes) -> Bool {
    contains { right in
      (right.namespace == nil || right.namespace == attributes.namespace) && right.rule.allows(attributes)
    }
  }
}

extension ObjectPatch {
  /// The access that sending the patch needs.
  public var access: AccessAttributes {
    let verb =
      switch operation {
      case .create: "create"
      case .apply, .patch: "patch"
      case .delete: "delete"
      }
    return .resource(
      ResourceAccess(
        verb: verb, group: target.type.group, resource: target.type.plural, subresource: subresource ?? "",
        namespace: target.namespace ?? "", name: verb == "create" ? "" : target.name))
  }
}

extension ObjectSelection {
  /// The access that listing and watching the objects needs.
  public var access: [AccessAttributes] {
    ["list", "watch"].map { verb in
      .resource(
        ResourceAccess(
          verb: verb, group: type.group, resource: type.plural, namespace: namespace ?? "", name: name ?? ""))
    }
  }
}
