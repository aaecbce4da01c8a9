import Testing

@testable import KubeCore

@Suite struct FieldSetTests {
  private static func random(using generator: inout SeededGenerator, depth: Int = 4) -> FieldSet {
    let elements: [FieldSet.Element] = [
      .field("a"), .field("b.c/d"), .field(""), .key(["name": "x"]), .key(["port": 80, "protocol": "TCP"]),
      .value("v"), .value(3), .index(0), .field("."),
    ]
    return FieldSet(
      (0..<Int.random(in: 0...6, using: &generator)).map { _ in
        (0..<Int.random(in: 1...depth, using: &generator)).compactMap { _ in
          elements.randomElement(using: &generator)
        }
      })
  }

  @Test func `what is written is read back the same`() throws {
    var generator = SeededGenerator(seed: 20)
    for _ in 0..<500 {
      let set = Self.random(using: &generator)
      #expect(try FieldSet(from: FieldReader(set.json)) == set, "\(set)")
      #expect(FieldSet(set.paths) == set)
      #expect(set.paths.allSatisfy { set.contains($0) })
    }
  }

  @Test func `the laws of sets hold`() {
    var generator = SeededGenerator(seed: 21)
    for _ in 0..<500 {
      let (a, b, c) = (
        Self.random(using: &generator), Self.random(using: &generator), Self.random(using: &generator)
      )
      #expect(a.union(b) == b.union(a))
      #expect(a.union(b).union(c) == a.union(b.union(c)))
      #expect(a.intersection(b) == b.intersection(a))
      #expect(a.union(a) == a && a.intersection(a) == a)
      #expect(a.subtracting(a).isEmpty && a.subtracting(FieldSet()) == a)
      #expect(a.subtracting(b).union(a.intersection(b)) == a)
      #expect(a.subtracting(b).intersection(b).isEmpty)
      #expect(a.intersection(b.union(c)) == a.intersection(b).union(a.intersection(c)))
      #expect(a.subtractingRecursively(b).subtracting(a.subtracting(b)).isEmpty)
      let members = Set(a.paths)
      #expect(Set(a.union(b).paths) == members.union(b.paths))
      #expect(Set(a.intersection(b).paths) == members.intersection(b.paths))
      #expect(Set(a.subtracting(b).paths) == members.subtracting(b.paths))
    }
  }

  @Test func `an item and the fields of it are different members`() throws {
    let set = try FieldSet(
      from: FieldReader([
        "f:l": ["k:{\"name\":\"a\"}": [".": [:], "f:x": [:]], "k:{\"name\":\"b\"}": ["f:x": [:]]]
      ]))
    let (a, b) = (FieldSet.Element.key(["name": "a"]), FieldSet.Element.key(["name": "b"]))
    #expect(
      set.contains([.field("l"), a]) && !set.contains([.field("l"), b]) && !set.contains([.field("l")]))
    #expect(set.leaves.map { FieldPath($0).description } == ["l[a].x", "l[b].x"])
    let item = FieldSet([[.field("l"), a]])
    #expect(set.subtracting(item).paths.count == 2)
    #expect(set.subtractingRecursively(item).paths == [[.field("l"), b, .field("x")]])
  }

  @Test func `paths are written for people`() {
    let path: [FieldSet.Element] = [
      .field("spec"), .field("ports"), .key(["port": 80, "protocol": "TCP"]), .field("name"), .value("v"),
      .index(2),
      .field("app.kubernetes.io/name"),
    ]
    #expect(
      FieldPath(path).description == "spec.ports[port=80,protocol=TCP].name[v][2][app.kubernetes.io/name]")
    #expect(FieldPath([FieldSet.Element]()).description == "(root)")
  }

  @Test(
    arguments: [
      ["x": [:]], ["q:a": [:]], ["k:": [:]], ["k:{}": [:]], ["k:[1]": [:]], ["k:{\"a\":": [:]], ["v:": [:]],
      ["v:{": [:]],
      ["i:": [:]], ["i:-1": [:]], ["i:99999999999999999999": [:]], ["f:a": []], ["f:a": "x"],
      ["f:a": ["f:b": 1]], [], "x",
    ] as [JSONValue])
  func `what is not fieldsV1 is refused`(json: JSONValue) {
    #expect(throws: FieldError.self) { try FieldSet(from: FieldReader(json)) }
  }

  @Test func `entries of managedFields are written back as they were read`() throws {
    let object = try DynamicObject(JSONValue(parsing: goManagerDeployment))
    let entries = try object.managedFields()
    #expect(entries.map(\.manager) == ["addon-manager", "kube-controller-manager"])
    #expect(entries.map(\.subresource) == [nil, "status"])
    #expect(entries.json == object.json.value(at: "metadata", "managedFields"))
    #expect(object.hasManagedFields)
  }
}
