import KubeCore

/// The server's discovery documents: groups, versions and resources, separately or aggregated
/// (KEP-3352).
struct Discovery {
  var registry: KindRegistry

  /// The document at `/version`.
  var versionDocument: JSONValue {
    [
      "major": "1", "minor": "36", "gitVersion": "v1.36.2+memory", "gitCommit": "", "gitTreeState": "clean",
      "buildDate": "1970-01-01T00:00:00Z", "goVersion": "", "compiler": "swift", "platform": "linux/amd64",
    ]
  }

  /// The document at `/api`.
  var coreVersions: JSONValue {
    ["kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []]
  }

  /// The document at `/apis`.
  var groups: JSONValue {
    [
      "kind": "APIGroupList", "apiVersion": "v1",
      "groups": .array(registry.groups.map { document(group: $0, withKind: false) }),
    ]
  }

  /// The document at `/apis/<group>`.
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

  /// The document at `/api/v1` or `/apis/<group>/<version>`.
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

  // MARK: Aggregated

  /// The media type of an aggregated document.
  private static let aggregatedType = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"

  /// The document at `/api` (`isCore`) or `/apis` in the form that `accept` prefers.
  func document(isCore: Bool, accept: String) -> MemoryResponse {
    for range in accept.split(separator: ",") {
      let parameters = Set(range.split(separator: ";").map { $0.filter { $0 != " " } })
      guard parameters.contains("as=APIGroupDiscoveryList") else { break }
      if parameters.isSuperset(of: ["application/json", "g=apidiscovery.k8s.io", "v=v2"]) {
        return .json(aggregated(isCore ? [""] : registry.groups), contentType: Self.aggregatedType)
      }
    }
    return .json(isCore ? coreVersions : groups)
  }

  private func aggregated(_ groups: [String]) -> JSONValue {
    let items = groups.map { group -> JSONValue in
      let versions = registry.versions(of: group).map { version -> JSONValue in
        let list = (try? resources(group: group, version: version))?["resources"]?.array ?? []
        return [
          "version": .string(version), "resources": .array(Self.aggregated(list)), "freshness": "Current",
        ]
      }
      return [
        "metadata": .fields(["name": group.isEmpty ? nil : .string(group)]), "versions": .array(versions),
      ]
    }
    return [
      "kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": [:],
      "items": .array(items),
    ]
  }

  /// The entries of an `APIResourceList` in the aggregated form, where subresources are part of
  /// their resource's entry.
  private static func aggregated(_ list: [JSONValue]) -> [JSONValue] {
    var resources: [JSONValue] = []
    var subresources: [String: [JSONValue]] = [:]
    func responseKind(_ entry: JSONValue) -> JSONValue {
      ["group": entry["group"] ?? "", "version": entry["version"] ?? "", "kind": entry["kind"] ?? ""]
    }
    for entry in list {
      let parts = (entry["name"]?.string ?? "").split(separator: "/", maxSplits: 1).map(String.init)
      guard parts.count == 2 else { continue }
      subresources[parts[0], default: []].append(
        .fields([
          "subresource": .string(parts[1]), "responseKind": responseKind(entry), "verbs": entry["verbs"],
        ]))
    }
    for entry in list {
      guard let name = entry["name"]?.string, !name.contains("/") else { continue }
      resources.append(
        .fields([
          "resource": .string(name), "responseKind": responseKind(entry),
          "scope": entry["namespaced"] == true ? "Namespaced" : "Cluster",
          "singularResource": entry["singularName"], "verbs": entry["verbs"],
          "shortNames": entry["shortNames"], "categories": entry["categories"],
          "subresources": subresources[name].map { .array($0) },
        ]))
    }
    return resources
  }
}
