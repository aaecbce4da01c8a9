import HTTPTypes
import KubeCore
import KubeMemory
import KubeTransport
import Testing

/// The properties of the server as a value: order, copies, the past.
@Suite struct ValueTests {
  private struct Numbers: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state ^ (state >> 29)
    }
  }

  private static func names(_ list: JSONValue) -> [String] {
    (list["items"]?.array ?? []).map {
      "\($0.value(at: "metadata", "namespace")?.string ?? "")/\($0.value(at: "metadata", "name")?.string ?? "")"
    }
  }

  /// A real server's lists are in the order of its keys, `a-b/x` before `a/x`.
  @Test func `lists are in the order of keys after any changes`() {
    var world = World()
    let namespaces = ["a", "a-b", "a0", "b"]
    for name in namespaces {
      _ = world.post("/api/v1/namespaces", ["metadata": ["name": .string(name)]])
    }
    var numbers = Numbers(state: 7)
    var expected: Set<String> = []
    for step in 0..<2_000 {
      let namespace = namespaces[Int.random(in: 0..<4, using: &numbers)]
      let name = "n\(Int.random(in: 0..<700, using: &numbers))"
      let path = "/api/v1/namespaces/\(namespace)/configmaps"
      if step % 5 < 3 {
        if world.post(path, Sample.configMap(name)).code == 201 { expected.insert("\(namespace)/\(name)") }
      } else if world.delete("\(path)/\(name)").code == 200 {
        expected.remove("\(namespace)/\(name)")
      }
    }
    let sorted = expected.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    #expect(Self.names(world.get("/api/v1/configmaps").json) == sorted)
    for namespace in namespaces + ["c"] {
      let listed = Self.names(world.get("/api/v1/namespaces/\(namespace)/configmaps").json)
      #expect(listed == sorted.filter { $0.hasPrefix(namespace + "/") })
    }
    var paged: [String] = []
    var token = ""
    repeat {
      let page = world.get("/api/v1/configmaps?limit=97&continue=\(token)").json
      paged += Self.names(page)
      token = page.value(at: "metadata", "continue")?.string ?? ""
    } while !token.isEmpty
    #expect(paged == sorted)
    for name in sorted {
      let parts = name.split(separator: "/")
      #expect(world.get("/api/v1/namespaces/\(parts[0])/configmaps/\(parts[1])").code == 200)
      _ = world.delete("/api/v1/namespaces/\(parts[0])/configmaps/\(parts[1])")
    }
    #expect(Self.names(world.get("/api/v1/configmaps").json) == [])
  }

  @Test func `a copy is independent from then on`() {
    var world = World()
    for number in 0..<300 { _ = world.post(Sample.configMaps, Sample.configMap("c\(number)")) }
    let before = world.get(Sample.configMaps).json
    var copy = world
    for number in stride(from: 0, to: 300, by: 7) {
      _ = copy.apply("\(Sample.configMaps)/c\(number)", "m", Sample.configMap("c\(number)", ["b": "2"]))
      _ = copy.delete("\(Sample.configMaps)/c\(number + 1)")
    }
    _ = copy.post(Sample.configMaps, Sample.configMap("new"))
    #expect(world.get(Sample.configMaps).json == before)
    let version = world.server.resourceVersion
    if var watch = world.get("\(Sample.configMaps)?watch=true&resourceVersion=\(version)").watch {
      #expect(world.poll(&watch) == [])
    } else {
      Issue.record("no watch")
    }
    #expect(copy.get("\(Sample.configMaps)/new").code == 200)
    #expect(world.get("\(Sample.configMaps)/new").code == 404)
    #expect(copy.get("\(Sample.configMaps)/c0").json["data"] == ["a": "1", "b": "2"])
    #expect(world.get("\(Sample.configMaps)/c0").json["data"] == ["a": "1"])
  }

  @Test func `equal requests give equal responses, and a read returns what the write returned`() {
    func run() -> [JSONValue] {
      var world = Sample.widgetWorld()
      var bodies: [JSONValue] = []
      let writes: [World.Answer] = [
        world.post(Sample.deployments, Sample.deployment("d")),
        world.post(Sample.secrets, Sample.secret("s")),
        world.post(Sample.widgets, Sample.widget("w")), world.post(Sample.services, Sample.service("v")),
      ]
      let paths = [
        Sample.deployments + "/d", Sample.secrets + "/s", Sample.widgets + "/w", Sample.services + "/v",
      ]
      for (write, path) in zip(writes, paths) {
        let read = world.get(path)
        #expect(read.json == write.json, "\(path)")
        bodies.append(read.json)
      }
      return bodies
    }
    #expect(run() == run())
    var world = Sample.widgetWorld()
    _ = world.post(Sample.widgets, Sample.widget("w"))
    let older = world.get("/apis/example.org/v1beta1/namespaces/default/widgets/w").json
    #expect(older["apiVersion"] == "example.org/v1beta1")
    #expect(older["spec"]?["size"] == 1)
  }

  @Test func `a list of the past shows it until it is compacted`() {
    var world = World()
    _ = world.post(Sample.configMaps, Sample.configMap("a"))
    _ = world.post(Sample.configMaps, Sample.configMap("b"))
    let then = world.get(Sample.configMaps).json
    let version = then.value(at: "metadata", "resourceVersion")?.string ?? ""
    _ = world.merge("\(Sample.configMaps)/a", ["data": ["a": "2"]])
    _ = world.delete("\(Sample.configMaps)/b")
    _ = world.post(Sample.configMaps, Sample.configMap("c"))
    let past = "\(Sample.configMaps)?resourceVersionMatch=Exact&resourceVersion=\(version)"
    #expect(world.get(past).json == then)
    world.server.compact(through: world.server.resourceVersion)
    let refused = world.get(past)
    #expect(refused.code == 410)
    #expect(refused.reason == "Expired")
    #expect(refused.message == "The resourceVersion for the provided list is too old.")
  }

  @Test func `the history has at least the stated length`() {
    var world = World(limits: .init(history: 10))
    _ = world.post(Sample.configMaps, Sample.configMap("a"))
    let first = world.server.resourceVersion
    func change(_ text: String) {
      _ = world.merge("\(Sample.configMaps)/a", ["data": ["a": .string(text)]])
    }
    for number in 0..<10 { change("x\(number)") }
    let past = "\(Sample.configMaps)?resourceVersionMatch=Exact&resourceVersion="
    #expect(world.get(past + "\(first)").code == 200)
    for number in 0..<200 { change("y\(number)") }
    #expect(world.get(past + "\(first)").code == 410)
    #expect(world.get(past + "\(world.server.resourceVersion - 9)").code == 200)
  }

  /// Namespaces, definitions and owners are deleted in steps that a test may delay.
  @Test func `the controllers' changes wait for a garbage collection step`() {
    var world = World()
    _ = world.post("/api/v1/namespaces", ["metadata": ["name": "n"]])
    _ = world.post("/api/v1/namespaces/n/configmaps", Sample.configMap("a"))
    _ = world.delete("/api/v1/namespaces/n")
    #expect(world.get("/api/v1/namespaces/n").json.value(at: "status", "phase") == "Terminating")
    #expect(world.get("/api/v1/namespaces/n/configmaps/a").code == 200)
    #expect(world.post("/api/v1/namespaces/n/configmaps", Sample.configMap("b")).code == 403)
    #expect(world.server.mayHaveGarbage)
    world.collectGarbage()
    #expect(world.get("/api/v1/namespaces/n").code == 404)
    #expect(!world.server.mayHaveGarbage)
  }
}

/// Responses that are the same as those of a real server.
@Suite struct AnswerTests {
  @Test func `rules that can't be evaluated are listed when the definition is written`() {
    var world = World()
    var definition = Sample.definition
    let schema = ["spec", "versions"]
    var versions = definition.value(at: schema)?.array ?? []
    let path = ["schema", "openAPIV3Schema", "properties", "spec"]
    versions[0].set(
      [["rule": "self.size < 10"], ["rule": "quantity(self.note) > 1"]],
      at: path + ["x-kubernetes-validations"])
    versions[0].set("^\\p{Greek}", at: path + ["properties", "note", "pattern"])
    versions[0].set("isbn", at: path + ["properties", "note", "format"])
    definition.set(.array(versions), at: schema)
    let created = world.post(Sample.definitions, definition)
    #expect(created.code == 201)
    #expect(
      created.warnings == [
        "299 - \"spec.versions[v1].schema.openAPIV3Schema: this in-memory server doesn't evaluate "
          + ".spec.note: pattern '^\\\\p{Greek}' (the Unicode class Greek is not supported); .spec.note: format isbn; "
          + ".spec: rule 'quantity(self.note) > 1' (the function 'quantity' is not supported)\""
      ])
    #expect(world.post(Sample.widgets, Sample.widget("w")).warnings == [])
  }

  @Test func `unknown fields are dropped with a warning, refused or ignored`() {
    var world = Sample.widgetWorld()
    let widget = Sample.widget("w", ["size": 1, "other": 2])
    let warned = world.post(Sample.widgets, widget)
    #expect(warned.warnings == ["299 - \"unknown field \\\"spec.other\\\"\""])
    #expect(warned.json["spec"]?["other"] == nil)
    #expect(world.post(Sample.widgets + "?fieldValidation=Strict", widget).code == 400)
    _ = world.delete(Sample.widgets + "/w")
    #expect(world.post(Sample.widgets + "?fieldValidation=Ignore", widget).warnings == [])
    let refused = world.post(Sample.widgets + "?fieldValidation=Loose", widget)
    #expect(refused.code == 422)
  }

  @Test func `a token is issued for an existing ServiceAccount`() throws {
    var world = World()
    let accounts = "/api/v1/namespaces/default/serviceaccounts"
    let account = world.post(accounts, ["metadata": ["name": "robot"]])
    let request: JSONValue = [
      "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
      "spec": ["audiences": ["here"], "expirationSeconds": 1200],
    ]
    let answer = world.post(accounts + "/robot/token", request)
    #expect(answer.code == 201)
    let token = try #require(answer.json.value(at: "status", "token")?.string)
    let parts = token.split(separator: ".", omittingEmptySubsequences: false)
    #expect(parts.count == 3)
    let claims = try JSONParser().parse(Base64.decodeURL(parts[1]) ?? [])
    #expect(claims["sub"] == "system:serviceaccount:default:robot")
    #expect(claims["aud"] == ["here"])
    #expect(claims.value(at: "kubernetes.io", "serviceaccount", "uid")?.string == account.uid)
    let start = try #require(claims["iat"]?.int64)
    #expect(claims["exp"]?.int64 == start + 1200)
    let other = world.post(accounts + "/robot/token", request)
    #expect(other.json.value(at: "status", "token")?.string != token)

    var short = request
    short.set(60, at: ["spec", "expirationSeconds"])
    #expect(world.post(accounts + "/robot/token", short).code == 422)
    #expect(world.post(accounts + "/nobody/token", request).code == 404)
    #expect(world.get(accounts + "/robot/token").code == 405)
    #expect(world.post(accounts + "/robot/other", request).code == 404)
    var bound = request
    bound.set(["kind": "Secret", "apiVersion": "v1", "name": "s"], at: ["spec", "boundObjectRef"])
    #expect(world.post(accounts + "/robot/token", bound).code == 404)
    _ = world.post(Sample.secrets, Sample.secret("s"))
    #expect(world.post(accounts + "/robot/token", bound).code == 201)
  }

  @Test func `a Lease has a positive duration and no negative count`() {
    var world = World()
    let leases = "/apis/coordination.k8s.io/v1/namespaces/default/leases"
    func lease(_ spec: JSONValue) -> JSONValue {
      ["apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": ["name": "l"], "spec": spec]
    }
    #expect(world.post(leases, lease(["leaseDurationSeconds": 0])).code == 422)
    #expect(world.post(leases, lease(["leaseTransitions": -1])).code == 422)
    #expect(world.post(leases, lease(["leaseDurationSeconds": 15, "holderIdentity": "a"])).code == 201)
  }

  @Test(arguments: [Sample.configMaps, Sample.secrets])
  func `an immutable ConfigMap or Secret can't be changed`(_ path: String) {
    var world = World()
    var object = path == Sample.secrets ? Sample.secret("x") : Sample.configMap("x")
    object["immutable"] = true
    _ = world.post(path, object)
    #expect(world.merge(path + "/x", ["data": ["a": "Yg=="]]).code == 422)
    #expect(world.merge(path + "/x", ["immutable": false]).code == 422)
    #expect(world.merge(path + "/x", ["metadata": ["labels": ["a": "b"]]]).code == 200)
    #expect(world.delete(path + "/x").code == 200)
  }

  @Test func `options that aren't numbers are refused`() {
    var world = World()
    #expect(world.get(Sample.configMaps + "?timeoutSeconds=soon&watch=true").code == 400)
    #expect(world.get(Sample.configMaps + "?limit=few").code == 400)
  }
}
