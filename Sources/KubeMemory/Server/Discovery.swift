import KubeCore

/// What the server says of itself: groups, versions, resources (the unaggregated discovery documents).
struct Discovery {
  var registry: KindRegistry

  /// `/version`.
  var versionDocument: JSONValue {
    [
      "major": "1", "minor": "36", "gitVersion": "v1.36.2+memory", "gitCommit": "", "gitTreeState": "clean",
      "buildDate": "1970-01-01T00:00:00Z", "goVersion": "", "compiler": "swift", "platform": "linux/amd64",
    ]
  }

  /// `/api`.
  var coreVersions: JSONValue {
    ["kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []]
  }

  /// `/apis`.
  var groups: JSONValue {
    [
      "kind": "APIGroupList", "apiVersion": "v1",
      "groups": .array(registry.groups.map { document(group: $0, withKind: false) }),
    ]
  }

  /// `/apis/<group>`.
  func group(_ name: String) throws(APIFailure) -> JSONValue {
    guard registry.groups.contains(name) else { throw .pathNotFound }
    return document(group: name, withKind: true)
  }

  private func document(group: String, withKind: Bool) -> JSONValue {
    let versions = registry.versions(of: group).map { version -> JSONValue in
      ["groupVersion": .string("\(group)/\(version)"), "version": .string(version)]
    }
    return .fields([
      "kind": withKind ? .some("APIGroup") : .none, "apiVersion": withKind ? .some("v1") : .none,
      "name": .string(group),
      "versions": .array(versions), "preferredVersion": versions.first,
    ])
  }

  /// `/api/v1`, `/apis/<group>/<version>`.
  func resources(group: String, version: String) throws(APIFailure) -> JSONValue {
    let kinds = registry.kinds(group: group, version: version)
    guard !kinds.isEmpty else { throw .pathNotFound }
    var resources: [JSONValue] = []
    for rules in kinds {
      resources.append(
        .fields([
          "name": .string(rules.plural), "singularName": .string(rules.singular),
          "namespaced": .bool(rules.isNamespaced), "kind": .string(rules.groupKind.kind),
          "verbs": rules.verbs.json,
          "shortNames": rules.shortNames.isEmpty ? nil : .array(rules.shortNames.map { .string($0) }),
          "categories": rules.categories.isEmpty ? nil : .array(rules.categories.map { .string($0) }),
        ]))
      if rules.groupKind == KindRules.serviceAccount {
        resources.append([
          "name": .string(rules.plural + "/" + MemoryAPIServer.tokenSubresource), "singularName": "",
          "namespaced": true, "group": "authentication.k8s.io", "version": "v1", "kind": "TokenRequest",
          "verbs": ["create"],
        ])
      }
      if rules.version(version)?.scale != nil {
        let scale = MemoryAPIServer.scale
        resources.append([
          "name": .string(rules.plural + "/" + MemoryAPIServer.scaleSubresource), "singularName": "",
          "namespaced": .bool(rules.isNamespaced), "group": .string(scale.group),
          "version": .string(scale.version), "kind": .string(scale.kind),
          "verbs": ["get", "patch", "update"],
        ])
      }
      if rules.version(version)?.hasStatus == true {
        resources.append([
          "name": .string(rules.plural + "/status"), "singularName": "",
          "namespaced": .bool(rules.isNamespaced), "kind": .string(rules.groupKind.kind),
          "verbs": ["get", "patch", "update"],
        ])
      }
    }
    return [
      "kind": "APIResourceList", "apiVersion": "v1",
      "groupVersion": .string(group.isEmpty ? version : "\(group)/\(version)"),
      "resources": .array(resources),
    ]
  }
}
