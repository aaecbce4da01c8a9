import HTTPTypes
public import KubeCore

extension KubeClient {
  /// The API groups that the server serves, by name and without the core group, each with its
  /// versions in the server's order.
  ///
  /// Every API server answers this request: anything else isn't one, and the error states that.
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

  /// The versions of an API group on the server, the preferred one first; empty for an unknown
  /// group.
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

  /// The kinds that the server serves in an `apiVersion` such as `apps/v1`, without subresources;
  /// empty for an unknown one.
  public func serverResources(apiVersion: String) async throws -> [ResourceType] {
    guard let (request, answer) = try await resourceList(apiVersion) else { return [] }
    return try Self.reading(request) { () throws(FieldError) in
      try Self.resources(answer, apiVersion, onUnreadable: nil).map(\.type)
    }
  }

  /// All resources that the server serves, in two requests where it has aggregated discovery
  /// (KEP-3352, Kubernetes 1.26 and later), else with one more per version of each group.
  ///
  /// An API that doesn't answer, or a resource that can't be decoded, is one of the
  /// ``APIDiscovery/problems`` and doesn't hold up the rest. Throws where the server doesn't list
  /// its groups.
  public func discover() async throws -> APIDiscovery {
    var discovery = APIDiscovery()
    for path in ["/api", "/apis"] {
      var request = KubeRequest.raw(path: path)
      request.headers[.accept] = Self.aggregatedDiscovery
      guard let answer = try await discovered(request, nil) else {
        // An aggregated API server may have no core group.
        if path == "/api" { continue }
        throw Self.badResponse(
          request, "there is no Kubernetes API at this address: it does not list its API groups")
      }
      if answer["kind"] == "APIGroupDiscoveryList" {
        try Self.reading(request) { () throws(FieldError) in try Self.readAggregated(answer, into: &discovery)
        }
      } else {
        try Self.require(.discovery(path == "/api" ? "APIVersions" : "APIGroupList"), answer, of: request)
        let versions = try Self.reading(request) { () throws(FieldError) in
          path == "/api"
            ? try FieldReader(answer)["versions"].list(String.self) : try Self.groupVersions(answer)
        }
        for version in versions { try await addResources(of: version, to: &discovery) }
      }
    }
    return discovery
  }

  /// The aggregated form in either version, or the form that every server has.
  private static let aggregatedDiscovery =
    ["v2", "v2beta1"].map {
      "application/json;g=apidiscovery.k8s.io;v=\($0);as=APIGroupDiscoveryList"
    }.joined(separator: ",") + ",application/json"

  /// Adds the resources of `apiVersion`, or the reason why they are missing.
  private func addResources(of apiVersion: String, to discovery: inout APIDiscovery) async throws {
    do {
      guard let (request, answer) = try await resourceList(apiVersion) else {
        discovery.problems[apiVersion] = "it is listed, and not served"
        return
      }
      var problem: String?
      let resources = try Self.reading(request) { () throws(FieldError) in
        try Self.resources(answer, apiVersion) { problem = Self.unreadable($0) }
      }
      discovery.resources += resources
      discovery.problems[apiVersion] = problem
    } catch let error as KubeError {
      discovery.problems[apiVersion] = "\(error)"
    }
  }

  /// The `apiVersion` values of an `APIGroupList`, each group's preferred one first.
  private static func groupVersions(_ answer: JSONValue) throws(FieldError) -> [String] {
    var versions: [String] = []
    for (index, group) in (answer["groups"]?.array ?? []).enumerated() {
      let reader = FieldReader(group, at: FieldPath(dotted: "groups").index(index))
      let name = try reader["name"].string()
      let preferred = try reader["preferredVersion"]["version"].optional(String.self)
      let others = try Self.versions(group, at: reader.path).filter { $0 != preferred }
      versions += ((preferred.map { [$0] } ?? []) + others).map { "\(name)/\($0)" }
    }
    return versions
  }

  private static func readAggregated(
    _ answer: JSONValue, into discovery: inout APIDiscovery
  ) throws(FieldError) {
    guard let groups = answer["items"]?.array else {
      throw FieldReader(answer)["items"].failure("expected a list")
    }
    for (index, group) in groups.enumerated() {
      let reader = FieldReader(group, at: FieldPath(dotted: "items").index(index))
      let name = try reader["metadata"]["name"].optional(String.self) ?? ""
      for (index, version) in (group["versions"]?.array ?? []).enumerated() {
        let reader = FieldReader(version, at: reader.path.field("versions").index(index))
        let version = try reader["version"].string()
        let apiVersion = name.isEmpty ? version : "\(name)/\(version)"
        if reader["freshness"].value == "Stale" {
          discovery.problems[apiVersion] =
            "its API server doesn't answer; the list is from its last answer, if any"
        }
        for (index, resource) in (reader["resources"].value?.array ?? []).enumerated() {
          let reader = FieldReader(resource, at: reader.path.field("resources").index(index))
          do throws(FieldError) {
            let resource = try APIResource(aggregated: reader, group: name, version: version)
            // A subresource without a resource, such as metrics, has no kind of its own.
            if !resource.type.kind.isEmpty { discovery.resources.append(resource) }
          } catch {
            discovery.problems[apiVersion] = unreadable(error)
          }
        }
      }
    }
  }

  private static func unreadable(_ error: FieldError) -> String {
    "a resource can't be read: the field \("\(error.path)".prefix(253)) is invalid"
  }

  /// The `APIResourceList` of an `apiVersion` and the request for it; `nil` where the server
  /// doesn't know it.
  private func resourceList(_ apiVersion: String) async throws -> (KubeRequest, JSONValue)? {
    let path = apiVersion.contains("/") ? "/apis/\(apiVersion)" : "/api/\(apiVersion)"
    let request = KubeRequest.raw(path: path)
    return try await discovered(request, .discovery("APIResourceList")).map { (request, $0) }
  }

  /// The resources of an `APIResourceList`, each with its subresources. One that can't be decoded
  /// is passed to `onUnreadable`; without that it throws.
  private static func resources(
    _ answer: JSONValue, _ apiVersion: String, onUnreadable: ((FieldError) -> Void)?
  ) throws(FieldError) -> [APIResource] {
    let parts = apiVersion.split(separator: "/").map(String.init)
    let (group, version) = parts.count == 2 ? (parts[0], parts[1]) : ("", apiVersion)
    var resources: [APIResource] = []
    var places: [String: Int] = [:]
    var subresources: [(parent: String, APIResource.Subresource)] = []
    for (index, resource) in (answer["resources"]?.array ?? []).enumerated() {
      let reader = FieldReader(resource, at: FieldPath(dotted: "resources").index(index))
      do throws(FieldError) {
        let name = try reader["name"].string()
        if let slash = name.firstIndex(of: "/") {
          let verbs = Set(try reader["verbs"].list(String.self))
          let subresource = APIResource.Subresource(
            name: String(name[name.index(after: slash)...]), verbs: verbs)
          subresources.append((String(name[..<slash]), subresource))
        } else {
          places[name] = resources.count
          resources.append(try APIResource(legacy: reader, group: group, version: version))
        }
      } catch {
        guard let onUnreadable else { throw error }
        onUnreadable(error)
      }
    }
    for (parent, subresource) in subresources {
      if let place = places[parent], resources.indices.contains(place) {
        resources[place].subresources.append(subresource)
      }
    }
    return resources
  }

  /// The response to a discovery request; `nil` where the server reports an unknown path.
  private func discovered(_ request: KubeRequest, _ expected: AnswerKind?) async throws -> JSONValue? {
    do {
      let answer = try await json(request)
      try Self.require(expected, answer, of: request)
      return answer
    } catch let error as KubeError where error.isUnknownPath || error.isObjectNotFound {
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
