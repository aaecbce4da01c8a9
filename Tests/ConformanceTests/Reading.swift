import HTTPTypes
import KubeCore
import KubeKindsCore
import KubeTransport
import Synchronization

extension Behavior {
  static let reading: [Behavior] = [
    Behavior("an object is read back as it was created") { s in
      let created = try await s.create(configMap("a", ["x": "1"], labels: ["l": "1"]))
      let read = try await s.read(s.key("a"))
      try expect(read.json, created.json, "what is read")
    },
    Behavior("what isn't there is NotFound, and the details say what") { s in
      let error = try await s.refused(.notFound, 404, "NotFound") { _ = try await s.read(s.key("missing")) }
      try expect(error.status?.message, "configmaps \"missing\" not found")
      try expect(error.status?.details?.name, "missing")
      try expect(error.status?.details?.kind, "configmaps")
      try expect(error.status?.details?.group, nil)
    },
    Behavior("the details of a refusal name the group of a custom resource") { s in
      let error = try await s.refused(.notFound, 404, "NotFound") {
        _ = try await s.read(s.key("missing", Widget.type))
      }
      try expect(error.status?.message, "widgets.\(Widget.group) \"missing\" not found")
      try expect(error.status?.details?.group, Widget.group)
      try expect(error.status?.details?.kind, "widgets")
    },
    Behavior("an object in a namespace that isn't there is NotFound itself") { s in
      let key = ObjectKey(ConfigMap.type, namespace: s.unique("none"), name: "a")
      let error = try await s.refused(.notFound, 404, "NotFound") { _ = try await s.read(key) }
      try expect(error.status?.details?.kind, "configmaps")
    },
    Behavior("a list in a namespace that isn't there is empty") { s in
      try expect(try await s.names(ResourceSelection(ConfigMap.type, namespace: s.unique("none"))), [])
    },
    Behavior("metadata alone come without the data") { s in
      try await s.create(configMap("a", labels: ["l": "1"]))
      let partial = try await s.client().get(s.key("a"), metadataOnly: true)
      try expect(partial.kind, "PartialObjectMetadata")
      try expect(partial.apiVersion, "meta.k8s.io/v1")
      try expect(partial.metadata.labels, ["l": "1"])
      try expect(partial.at("data"), nil)
    },
    Behavior("metadata alone of what isn't there is NotFound") { s in
      try await s.refused(.notFound, 404, "NotFound") {
        _ = try await s.client().get(s.key("missing"), metadataOnly: true)
      }
    },
    Behavior("metadata alone can be listed") { s in
      try await s.create(configMap("a", labels: ["set": "m"]))
      let list = try await s.json(.list(s.selection(labels: "set=m", isMetadataOnly: true)))
      try expect(list["kind"], "PartialObjectMetadataList")
      try expect(list["items"]?.array?.first?["kind"], "PartialObjectMetadata")
      try expect(list["items"]?.array?.first?["data"], nil)
    },
    Behavior("a kind that isn't served is NotFound without details") { s in
      let error = try await s.refused(.notFound, 404, "NotFound") {
        _ = try await s.json(.raw(path: "/api/v1/things"))
      }
      try expect(error.status?.message, "the server could not find the requested resource")
    },
    Behavior("a group that isn't served is not found") { s in
      do {
        _ = try await s.client().json(.raw(path: "/apis/nothing.example.org/v1/things"))
        throw Mismatch(description: "it is served")
      } catch let error as KubeError {
        try expect(error.code, .notFound)
        try expect(error.httpStatus, 404)
      }
    },
    Behavior("a media type that the server can't write is NotAcceptable") { s in
      let answer = try await s.raw(
        .get, ["api", "v1", "namespaces", s.namespace, "configmaps"], headers: [.accept: "text/plain"])
      try expect(answer.status, 406)
      try expect(answer.body?["reason"], "NotAcceptable")
    },
    Behavior("a subresource that a kind doesn't have is NotFound") { s in
      try await s.create(configMap("a"))
      try await s.refused(.notFound, 404, "NotFound") {
        _ = try await s.json(.get(s.key("a"), subresource: "status"))
      }
    },
    Behavior("the status subresource is read as the whole object") { s in
      try await s.create(widget("a"))
      let object = try await s.object(.get(s.key("a", Widget.type), subresource: "status"))
      try expect(object.at("spec", "size"), 1)
    },
  ]

  static let lists: [Behavior] = [
    Behavior("a list is in the order of names and has a resourceVersion") { s in
      for name in ["b", "c", "a"] { try await s.create(configMap(name, labels: ["set": "l"])) }
      let list = try await s.client().list(s.selection(labels: "set=l"))
      try expect(list.items.map(\.metadata.name), ["a", "b", "c"])
      try expect((UInt64(list.resourceVersion) ?? 0) > 0, "the list has no resourceVersion")
    },
    Behavior("a list of all namespaces is in the order of namespaces, then names") { s in
      try await s.create(configMap("z", labels: ["all": .string(s.namespace)]))
      try await s.create(configMap("y", labels: ["all": .string(s.namespace)]))
      let other = ObjectKey(ConfigMap.type, namespace: "default", name: s.unique("x"))
      _ = try await s.client().create(
        other, configMap(other.name, labels: ["all": .string(s.namespace)]))
      let selection = ResourceSelection(ConfigMap.type, labelSelector: "all=\(s.namespace)")
      try expect(try await s.names(selection), ["y", "z", other.name])
      try await s.delete(other)
    },
    Behavior("the items of a built-in kind's list don't repeat their kind, a custom one's do") { s in
      try await s.create(configMap("a", labels: ["set": "k"]))
      try await s.create(widget("a"))
      let maps = try await s.json(.list(s.selection(labels: "set=k")))
      try expect(maps["kind"], "ConfigMapList")
      try expect(maps["items"]?.array?.first?["kind"], nil)
      let widgets = try await s.json(.list(s.selection(Widget.type)))
      try expect(widgets["kind"], "WidgetList")
      try expect(widgets["items"]?.array?.first?["kind"], "Widget")
    },
    Behavior("label selectors by equality, sets, existence and numbers") { s in
      for (name, n) in [("a", "1"), ("b", "2"), ("c", "3")] {
        try await s.create(configMap(name, labels: ["set": "s", "n": .string(n)]))
      }
      try await s.create(configMap("d", labels: ["set": "s"]))
      for (selector, names) in [
        ("set=s", ["a", "b", "c", "d"]), ("set==s,n=2", ["b"]), ("set=s,n!=2", ["a", "c", "d"]),
        ("set=s,n in (1,3)", ["a", "c"]), ("set=s,n notin (1,3)", ["b", "d"]), ("set,n", ["a", "b", "c"]),
        ("set,!n", ["d"]), ("n>1", ["b", "c"]), ("n<3,set", ["a", "b"]), ("set=other", []),
      ] {
        try expect(try await s.names(s.selection(labels: selector)), names, selector)
      }
    },
    Behavior("a label selector that can't be read is BadRequest") { s in
      for selector in ["a===b", "a in (", "a=b c", "a in b"] {
        try await s.refused(.badRequest, 400, "BadRequest") {
          _ = try await s.names(s.selection(labels: selector))
        }
      }
    },
    Behavior("a field selector on the name, or on all but it") { s in
      for name in ["a", "b"] { try await s.create(configMap(name, labels: ["set": "f"])) }
      try expect(try await s.names(s.selection(fields: "metadata.name=a")), ["a"])
      try expect(try await s.names(s.selection(labels: "set=f", fields: "metadata.name!=a")), ["b"])
      try expect(
        try await s.names(s.selection(fields: "metadata.name=a,metadata.namespace=\(s.namespace)")), ["a"])
    },
    Behavior("one name in all namespaces") { s in
      let name = s.unique("named")
      try await s.create(configMap(name))
      let list = try await s.client().list(.named(name, of: ConfigMap.type))
      try expect(list.items.map { $0.metadata.namespace ?? "" }, [s.namespace])
    },
    Behavior("a field selector on a Secret's type") { s in
      try await s.create(document(Secret.type, "a", labels: ["set": "t"], ["type": "example.org/one"]))
      try await s.create(document(Secret.type, "b", labels: ["set": "t"], ["type": "example.org/two"]))
      try expect(
        try await s.names(s.selection(Secret.type, labels: "set=t", fields: "type=example.org/one")), ["a"])
    },
    Behavior("a field that can't be selected by is BadRequest") { s in
      for (type, selector) in [
        (ConfigMap.type, "data.a=1"), (Widget.type, "spec.size=1"), (ConfigMap.type, "metadata.name"),
      ] {
        try await s.refused(.badRequest, 400, "BadRequest") {
          _ = try await s.names(s.selection(type, fields: selector))
        }
      }
    },
  ]

  static let pages: [Behavior] = [
    Behavior("pages go on where the last one ended, and say how many remain") { s in
      for name in ["a", "b", "c", "d", "e"] { try await s.create(widget(name)) }
      let selection = s.selection(Widget.type)
      var names: [JSONValue?] = []
      var remaining: [Int64?] = []
      var token: String?
      repeat {
        let page = try await s.json(.list(selection, limit: 2, continue: token))
        names += (page["items"]?.array ?? []).map { $0.value(at: "metadata", "name") }
        remaining.append(page.value(at: "metadata", "remainingItemCount")?.int64)
        token = page.value(at: "metadata", "continue")?.string.flatMap { $0.isEmpty ? nil : $0 }
      } while token != nil
      try expect(names, ["a", "b", "c", "d", "e"])
      try expect(remaining, [3, 1, nil])
    },
    Behavior("pages of a selection don't say how many remain") { s in
      for name in ["a", "b"] { try await s.create(configMap(name, labels: ["set": "p"])) }
      let page = try await s.json(.list(s.selection(labels: "set=p"), limit: 1))
      try expect(page.value(at: "metadata", "remainingItemCount"), nil)
      try expect(page.value(at: "metadata", "continue") != nil, "there is no next page")
    },
    Behavior("all pages show the time of the first") { s in
      for name in ["a", "b", "c"] { try await s.create(widget(name)) }
      let selection = s.selection(Widget.type)
      let first = try await s.json(.list(selection, limit: 1))
      try await s.create(widget("d"))
      try await s.delete(s.key("b", Widget.type))
      try await s.merge(s.key("c", Widget.type), ["spec": ["note": "later"]])
      let token = first.value(at: "metadata", "continue")?.string
      let rest = try await s.json(.list(selection, limit: 10, continue: token))
      let items = rest["items"]?.array ?? []
      try expect(items.map { $0.value(at: "metadata", "name") }, ["b", "c"])
      try expect(items.last?.value(at: "spec", "note"), nil, "what changed after the first page")
      try expect(
        rest.value(at: "metadata", "resourceVersion"), first.value(at: "metadata", "resourceVersion"))
    },
    Behavior("the client puts pages together") { s in
      for name in ["a", "b", "c"] { try await s.create(widget(name)) }
      var client = s.client()
      client.limits.pageSize = 1
      let list = try await client.list(s.selection(Widget.type))
      try expect(list.items.map(\.metadata.name), ["a", "b", "c"])
    },
    Behavior("a limit or a token that can't be read is BadRequest") { s in
      let path = s.selection().type.path(namespace: s.namespace)
      for query in [[("limit", "abc")], [("limit", "1"), ("continue", "nonsense")]] {
        let answer = try await s.raw(.get, path, query: query)
        try expect(answer.status, 400)
        try expect(answer.body?["reason"], "BadRequest")
      }
    },
    Behavior("a token doesn't go with a resourceVersion") { s in
      for name in ["a", "b"] { try await s.create(widget(name)) }
      let page = try await s.json(.list(s.selection(Widget.type), limit: 1))
      let token = page.value(at: "metadata", "continue")?.string
      try await s.refused(.badRequest, 400, "BadRequest") {
        _ = try await s.json(
          .list(
            s.selection(Widget.type), limit: 1, continue: token,
            resourceVersion: page.value(at: "metadata", "resourceVersion")?.string))
      }
    },
    Behavior("an expired token is 410, with one that goes on inconsistently", isExclusive: true) { s in
      for name in ["a", "b", "c"] { try await s.create(widget(name)) }
      let selection = s.selection(Widget.type)
      let page = try await s.json(.list(selection, limit: 1))
      let token = page.value(at: "metadata", "continue")?.string ?? ""
      try await s.create(widget("d"))
      try await s.server.compact()
      let path = selection.type.path(namespace: s.namespace)
      let query = [("limit", "1"), ("continue", try forgotten(token))]
      let answer = try await s.raw(.get, path, query: query)
      try expect(answer.status, 410)
      try expect(answer.body?["reason"], "Expired")
      let other = try unwrap(answer.body?.value(at: "metadata", "continue")?.string, "the other token")
      let rest = try await s.json(.list(selection, limit: 10, continue: other))
      try expect(
        (rest["items"]?.array ?? []).map { $0.value(at: "metadata", "name") }, ["b", "c", "d"])
    },
    Behavior("the client lists again when a token expires", isExclusive: true) { s in
      for name in ["a", "b", "c"] { try await s.create(widget(name)) }
      let transport = Forgetful(base: s.server.transport, sandbox: s)
      var client = KubeClient(transport, fieldManager: "conformance")
      client.limits.pageSize = 1
      let list = try await client.list(s.selection(Widget.type))
      try expect(list.items.map(\.metadata.name), ["a", "b", "c", "later"])
    },
    Behavior("pages go on with the rest as it is now when a token expires", isExclusive: true) { s in
      for name in ["a", "b", "c"] { try await s.create(widget(name)) }
      let transport = Forgetful(base: s.server.transport, sandbox: s)
      let client = KubeClient(transport, fieldManager: "conformance")
      var names: [String] = []
      for try await object in client.pages(s.selection(Widget.type), pageSize: 1) {
        names.append(object.metadata.name)
      }
      try expect(names, ["a", "b", "c", "later"])
    },
    Behavior("the past can be listed exactly") { s in
      try await s.create(widget("a"))
      let then = try await s.client().list(s.selection(Widget.type)).resourceVersion
      try await s.create(widget("b"))
      let list = try await s.json(
        .list(s.selection(Widget.type), resourceVersion: then, resourceVersionMatch: "Exact"))
      try expect((list["items"]?.array ?? []).map { $0.value(at: "metadata", "name") }, ["a"])
      try expect(list.value(at: "metadata", "resourceVersion"), .string(then))
    },
    Behavior("a forgotten past is 410", isExclusive: true) { s in
      try await s.create(widget("a"))
      try await s.server.compact()
      try await s.refused(.gone, 410, "Expired") {
        _ = try await s.json(
          .list(
            s.selection(Widget.type), limit: 1, resourceVersion: forgottenVersion,
            resourceVersionMatch: "Exact"))
      }
    },
    Behavior("a resourceVersionMatch without, or at odds with, a resourceVersion is invalid") { s in
      try await s.invalid(["resourceVersionMatch"]) {
        _ = try await s.json(.list(s.selection(), resourceVersionMatch: "Exact"))
      }
      try await s.invalid(["resourceVersionMatch"]) {
        _ = try await s.json(.list(s.selection(), resourceVersion: "0", resourceVersionMatch: "Exact"))
      }
    },
    Behavior("a resourceVersion that is no number is refused") { s in
      let path = s.selection().type.path(namespace: s.namespace)
      let answer = try await s.raw(.get, path, query: [("resourceVersion", "abc")])
      try expect(answer.status >= 400, "it was taken")
    },
    Behavior("a resourceVersion of the future is a Timeout, to be tried again") { s in
      let error = try await s.refused(.timeout, 504, "Timeout") {
        _ = try await s.json(.list(s.selection(), resourceVersion: "999999999999"))
      }
      try expect(error.status?.details?.causes.map { $0.reason ?? "" } ?? [], ["ResourceVersionTooLarge"])
      try expect(error.status?.details?.retryAfterSeconds, 1)
      try expect(error.isTransient, "it is not to be tried again")
    },
  ]
}

/// A resourceVersion before the definition of the widgets. A later one may be known to a real
/// server's watch cache, which since 1.34 outlives the compaction of its storage.
private let forgottenVersion = "1"

/// The token that continues a list at the same place, but as it was at ``forgottenVersion``.
private func forgotten(_ token: String) throws -> String {
  var json = try JSONParser().parse(try unwrap(Base64.decodeURL(token[...]), "the token's text"))
  json["rv"] = .integer(Int64(forgottenVersion) ?? 0)
  return Base64.encodeURL(JSONWriter().bytes(json))
}

/// Makes the server forget its history, once, after the first page of a list.
private final class Forgetful: Transport {
  private let base: any Transport
  private let sandbox: Sandbox
  private let hasForgotten = Atomic(false)

  init(base: any Transport, sandbox: Sandbox) {
    self.base = base
    self.sandbox = sandbox
  }

  func send(_ request: KubeRequest) async throws -> KubeResponse {
    guard let token = request.queryValue("continue"), !hasForgotten.exchange(true, ordering: .relaxed) else {
      return try await base.send(request)
    }
    try await sandbox.create(widget("later"))
    try await sandbox.server.compact()
    var request = request
    request.query.removeAll { $0.name == "continue" }
    request.query.append(.init("continue", try forgotten(token)))
    return try await base.send(request)
  }
}
