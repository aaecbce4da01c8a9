import HTTPTypes
import KindSamples
import KubeCore
import KubeMemory
import KubeSchemas
import Testing

@Suite struct EveryKindTests {
  static let kept = KubernetesSchema.document.kinds.filter { $0.isStored && $0.verbs.contains("create") }

  private func collection(_ type: ResourceType) -> String {
    (type.group.isEmpty ? "/api/" : "/apis/\(type.group)/") + type.version
      + (type.isNamespaced ? "/namespaces/default/" : "/") + type.plural
  }

  private func type(_ sample: KindSample) throws -> ResourceType {
    try #require(KubernetesSchema.document.kind(sample.groupKind)?.resourceType)
  }

  @Test func `every kind that can be created has a sample`() {
    #expect(Set(KindSample.all.map(\.groupKind)) == Set(Self.kept.map(\.groupKind)))
    #expect(KindSample.all.count == Self.kept.count)
  }

  @Test(arguments: KindSample.all)
  func `an object of every kind is created, completed and read`(sample: KindSample) throws {
    var world = World()
    let type = try type(sample)
    let answer = world.post(
      collection(type) + "?fieldValidation=Strict", sample.document(type, "a", in: "default"))
    #expect(answer.code == 201, "\(answer.json)")
    for (path, value) in sample.defaults { #expect(answer.json.value(at: path) == value, "\(path)") }
    let path = collection(type) + "/" + sample.objectName("a")
    // A definition's status follows at once.
    if sample.kind != "CustomResourceDefinition" { #expect(world.get(path).json == answer.json) }
    #expect(world.merge(path, ["metadata": ["labels": ["a": "b"]]]).code == 200)
    #expect(world.apply(path, "m", sample.document(type, "a", in: "default"), force: true).code == 200)
  }

  @Test(arguments: KindSample.all)
  func `what the schema doesn't allow is refused`(sample: KindSample) throws {
    var world = World()
    let type = try type(sample)
    var unknown = sample.document(type, "a", in: "default")
    unknown["unknown"] = 1
    #expect(world.post(collection(type) + "?fieldValidation=Strict", unknown).code == 400)
    guard let wrong = sample.wrongDocument(type, "a", in: "default") else { return }
    let answer = world.post(collection(type), wrong)
    #expect(answer.code == 422, "\(answer.json)")
    let fields = (answer.json.value(at: "details", "causes")?.array ?? []).compactMap { $0["field"]?.string }
    let field = try #require(sample.wrong?.field)
    #expect(fields.contains { $0.hasPrefix(field) }, "\(fields)")
  }

  @Test(arguments: KindSample.all)
  func `tables have the schema's columns`(sample: KindSample) throws {
    var world = World()
    let type = try type(sample)
    #expect(world.post(collection(type), sample.document(type, "a", in: "default")).code == 201)
    let table = world.send(
      .get, collection(type),
      headers: [.accept: "application/json;as=Table;g=meta.k8s.io;v=v1"]
    ).json
    let rows = table["rows"]?.array ?? []
    let row = try #require(
      rows.first { $0.value(at: "object", "metadata", "name")?.string == sample.objectName("a") })
    let columns = table["columnDefinitions"]?.array ?? []
    let cells = row["cells"]?.array ?? []
    #expect(cells.count == columns.count)
    let titles = columns.compactMap { $0["name"]?.string }
    let schema = try #require(KubernetesSchema.document.kind(sample.groupKind)).columns
    let computed = schema.filter { $0.path == nil && !["Age", "Name", "Created At"].contains($0.title) }
    let needed = schema.filter { !computed.contains($0) }.map(\.title)
    #expect(titles.contains("Name") && Set(titles).isSuperset(of: needed), "\(titles)")
    #expect(Set(titles).isSubset(of: schema.map(\.title) + ["Name", "Created At"]), "\(titles)")
    let place = try #require(titles.firstIndex(of: "Name"))
    #expect(cells[place].string == sample.objectName("a"))
  }

  @Test func `the core group's APIService has a name that ends in a dot`() {
    var world = World()
    let path = "/apis/apiregistration.k8s.io/v1/apiservices"
    let spec: JSONValue = ["version": "v1", "groupPriorityMinimum": 18_000, "versionPriority": 1]
    func service(_ name: JSONValue) -> JSONValue {
      [
        "apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": ["name": name],
        "spec": spec,
      ]
    }
    #expect(world.post(path, service("v1.")).code == 201)
    #expect(world.get(path + "/v1.").code == 200)
    #expect(world.post(path, service("v1/x")).code == 422)
  }

  @Test func `a kind that is only read is not written`() {
    var world = World()
    #expect(world.get("/api/v1/componentstatuses").code == 200)
    #expect(world.post("/api/v1/componentstatuses", [:]).code == 405)
    #expect(world.delete("/api/v1/namespaces").code == 405)
  }
}
