public import KubeCore

extension KubeClient {
  /// The API groups that the server serves, by name and without the core group, each with its versions in the server's
  /// order.
  ///
  /// Every API server answers this: what doesn't is none, and the error says so.
  package func serverGroups() async throws -> [String: [String]] {
    let request = KubeRequest.raw(path: "/apis")
    let answer: JSONValue?
    do {
      answer = try await json(request)
      try Self.require(.discovery("APIGroupList"), answer, of: request)
    } catch let error as KubeError where error.code == .notFound {
      throw Self.badResponse(
        request, "there is no Kubernetes API at this address: it does not list its API groups")
    }
    return try Self.reading(request) { () throws(FieldError) in
      var groups: [String: [String]] = [:]
      for (index, group) in (answer?["groups"]?.array ?? []).enumerated() {
        let reader = FieldReader(group, at: FieldPath(dotted: "groups").index(index))
        groups[try reader["name"].string()] = try Self.versions(group, at: reader.path)
      }
      return groups
    }
  }

  /// The versions in which the server serves an API group, its preferred one first; empty where it doesn't
  /// know the group.
  public func serverVersions(of group: String) async throws -> [String] {
    let request = KubeRequest.raw(path: group.isEmpty ? "/api" : "/apis/\(group)")
    guard
      let answer = try await discovered(
        request, .discovery(group.isEmpty ? "APIVersions" : "APIGroup"))
    else { return [] }
    return try Self.reading(request) { () throws(FieldError) in
      let reader = FieldReader(answer)
      if group.isEmpty { return try reader["versions"].list() }
      let preferred = try reader["preferredVersion"]["version"].optional(String.self)
      let versions = try Self.versions(answer, at: FieldPath())
      return (preferred.map { [$0] } ?? []) + versions.filter { $0 != preferred }
    }
  }

  /// The kinds that the server serves in an `apiVersion` such as `apps/v1`, without subresources; empty where
  /// it doesn't know it.
  public func serverResources(apiVersion: String) async throws -> [ResourceType] {
    let parts = apiVersion.split(separator: "/").map(String.init)
    let (group, version) = parts.count == 2 ? (parts[0], parts[1]) : ("", apiVersion)
    let request = KubeRequest.raw(path: group.isEmpty ? "/api/\(version)" : "/apis/\(group)/\(version)")
    guard
      let answer = try await discovered(request, .discovery("APIResourceList"))
    else { return [] }
    return try Self.reading(request) { () throws(FieldError) in
      var types: [ResourceType] = []
      for resource in answer["resources"]?.array ?? [] {
        let reader = FieldReader(resource, at: FieldPath(dotted: "resources"))
        let name = try reader["name"].string()
        guard !name.contains("/") else { continue }
        types.append(
          ResourceType(
            group: group, version: version, kind: try reader["kind"].string(), plural: name,
            isNamespaced: try reader["namespaced"].bool()))
      }
      return types
    }
  }

  /// The answer to a question for what is served; `nil` where the server says that it doesn't know the path.
  private func discovered(_ request: KubeRequest, _ expected: AnswerKind) async throws -> JSONValue? {
    do {
      let answer = try await json(request)
      try Self.require(expected, answer, of: request)
      return answer
    } catch let error as KubeError where error.isUnknownPath || error.isAbsence {
      return nil
    }
  }

  /// The versions of an `APIGroup`.
  private static func versions(_ group: JSONValue, at path: FieldPath) throws(FieldError) -> [String] {
    try (group["versions"]?.array ?? []).map { version throws(FieldError) in
      try FieldReader(version, at: path.field("versions"))["version"].string()
    }
  }
}
