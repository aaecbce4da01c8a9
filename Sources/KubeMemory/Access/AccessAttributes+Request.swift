import HTTPTypes
package import KubeCore
package import KubeTransport

extension AccessAttributes {
  /// The attributes of `request`, from its path alone like kube-apiserver's RequestInfo: the
  /// resource need not be served.
  package init(_ request: KubeRequest) {
    var parts = request.path.filter { !$0.isEmpty }
    let prefix = parts.first == "api" ? 2 : 3
    guard parts.count > prefix, ["api", "apis"].contains(parts[0]) else {
      self = .path("/" + request.path.joined(separator: "/"), verb: request.method.rawValue.lowercased())
      return
    }
    var access = ResourceAccess(verb: "", group: prefix == 2 ? "" : parts[1], resource: "")
    parts.removeFirst(prefix)
    if parts[0] == "namespaces", parts.count > 1 {
      access.namespace = parts[1]
      if parts.count > 2, !["status", "finalize"].contains(parts[2]) { parts.removeFirst(2) }
    }
    access.resource = parts[0]
    if parts.count > 1 { access.name = parts[1] }
    if parts.count > 2 { access.subresource = parts[2] }
    switch request.method {
    case .post: access.verb = "create"
    case .put: access.verb = "update"
    case .patch: access.verb = "patch"
    case .delete: access.verb = access.name.isEmpty ? "deletecollection" : "delete"
    case .get, .head:
      access.verb = "get"
      guard access.name.isEmpty else { break }
      let watch = request.queryValue("watch").map {
        ["", "1", "t", "true", "T", "TRUE", "True"].contains($0)
      }
      access.verb = watch == true ? "watch" : "list"
      access.name = AccessAttributes.name(inFieldSelectorOf: request) ?? ""
    default: break
    }
    self = .resource(access)
  }

  /// The name that a list or watch selects, if it selects only one: it counts as the request's
  /// name.
  private static func name(inFieldSelectorOf request: KubeRequest) -> String? {
    guard let text = request.queryValue("fieldSelector"), let selector = try? FieldSelector(query: text)
    else {
      return nil
    }
    let name = selector.terms.first { $0.field == "metadata.name" && $0.isEqual }?.value
    return name.flatMap { $0 == "." || $0 == ".." || $0.contains { "/%".contains($0) } ? nil : $0 }
  }
}

extension APIFailure {
  /// The refusal of a request that `user` isn't authorized to make, as kube-apiserver's
  /// authorization filter words it.
  static func forbidden(_ attributes: AccessAttributes, _ user: APIUser, reason: String) -> APIFailure {
    let who = "User \(quoted(user.name)) cannot \(attributes.verb)"
    let suffix = reason.isEmpty ? "" : ": " + reason
    switch attributes {
    case .path(let path, _):
      return APIFailure(
        code: 403, reason: "Forbidden",
        message: "forbidden: \(sanitized("\(who) path \(quoted(path))"))\(suffix)",
        details: [:])
    case .resource(let access):
      let place =
        access.namespace.isEmpty ? "at the cluster scope" : "in the namespace \(quoted(access.namespace))"
      let problem = sanitized(
        "\(who) resource \(quoted(access.qualifiedResource)) in API group \(quoted(access.group)) \(place)")
      let resource = access.group.isEmpty ? access.resource : access.resource + "." + access.group
      let subject = access.name.isEmpty ? resource : "\(resource) \(quoted(access.name))"
      return APIFailure(
        code: 403, reason: "Forbidden", message: "\(subject) is forbidden: \(problem)\(suffix)",
        details: .fields([
          "name": access.name.isEmpty ? nil : .string(access.name),
          "group": access.group.isEmpty ? nil : .string(access.group),
          "kind": access.resource.isEmpty ? nil : .string(access.resource),
        ]))
    }
  }

  /// The refusal of invalid credentials.
  static let unauthorized = APIFailure(code: 401, reason: "Unauthorized", message: "Unauthorized")

  static func quoted(_ text: String) -> String { JSONWriter().text(.string(text)) }

  /// Parts of the request are shown to people: kube-apiserver keeps HTML out of them.
  private static func sanitized(_ text: String) -> String {
    var sanitized = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": sanitized.append(contentsOf: "&amp;".unicodeScalars)
      case "<": sanitized.append(contentsOf: "&lt;".unicodeScalars)
      case ">": sanitized.append(contentsOf: "&gt;".unicodeScalars)
      default: sanitized.append(scalar)
      }
    }
    return String(sanitized)
  }
}
