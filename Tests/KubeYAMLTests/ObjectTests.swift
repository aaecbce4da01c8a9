import KubeCore
import KubeYAML
import Testing

@Suite struct ObjectTests {
  @Test func `a stream's objects come in order, lists taken apart, with their places`() throws {
    let objects = try YAMLReader().objects(manifest.utf8, file: "m.yaml")
    #expect(objects.map(\.object.kind) == ["Namespace", "Deployment", "Secret", "ConfigMap"])
    #expect(
      objects.map(\.location.description)
        == ["m.yaml:2:1", "m.yaml:6:1", "m.yaml:49:3", "m.yaml:54:3"])
    let deployment = objects[1]
    #expect(
      deployment.object.json.value(at: "spec", "selector", "matchLabels") == ["app": "gateway", "tier": "on"])
    #expect(
      deployment.object.json.value(at: "spec", "template", "metadata", "labels") == [
        "app": "gateway", "tier": "two",
      ])
    #expect(deployment.object.metadata.annotations["note"] == "Folded over two lines")
    #expect(
      deployment.object.metadata.annotations["script"]
        == "#!/bin/sh\nif [ \"$1\" = \"x\" ]; then\n  echo 'a: b' # not a comment\nfi\n")
    #expect(objects[3].object.json["data"] == ["8080": "http", "true": "truth", "mode": "0644"])
  }

  @Test func `a label or annotation without a value is an empty one`() throws {
    let text = """
      apiVersion: v1
      kind: ConfigMap
      metadata:
        name: a
        labels:
          vendor:
          env: null
          tier: x
        annotations: {note: ~}
      """
    let metadata = try YAMLReader().objects(text.utf8)[0].object.metadata
    #expect(metadata.labels == ["vendor": "", "env": "", "tier": "x"])
    #expect(metadata.annotations == ["note": ""])
  }

  @Test func `a missing field of metadata is not blamed on the object's head`() throws {
    let text = """
      apiVersion: v1
      kind: ConfigMap
      metadata:
        name: a
        ownerReferences: [{kind: Node, name: n, uid: u}]
      """
    let error = try #require(complaint(text.utf8))
    #expect(error.problem.hasSuffix("apiVersion: is required"), "\(error)")
    #expect(error.remedy == "give a value, or remove the field")
  }

  static let mark = "\u{FEFF}"
  static let one = "apiVersion: v1\nkind: A\nmetadata: {name: one}\n"
  static let two = "apiVersion: v1\nkind: A\nmetadata: {name: two}\n"

  @Test(arguments: [
    "\(mark)\(one)---\n\(mark)\(two)", "\(mark)\(one)\(mark)---\n\(two)",
    "\(mark)---\n\(one)---\n\(mark)---\n\(mark)\(two)",
    "\(mark)# c\n\(mark)\(one)...\n\(mark)# c\n\n---\r\n\(mark)\(two)",
    "\(mark)\(mark)\(one)--- # c\n\(mark)\(two)",
  ]) func `byte order marks before documents are skipped`(_ text: String) throws {
    let objects = try YAMLReader().objects(text.utf8)
    #expect(objects.map(\.object.metadata.name) == ["one", "two"])
  }

  @Test func `a byte order mark within a document stays, and lines keep their numbers`() throws {
    let mark = Self.mark
    #expect(try read("a: '\(mark)x'\n") == ["a": .string("\(mark)x")])
    #expect(try read("\(mark)a: 'x\n\(mark)y'\n") == ["a": .string("x \(mark)y")])
    let error = try #require(complaint("\(mark)\(Self.one)---\n\(mark)a: b: c\n".utf8))
    #expect((error.line, error.column) == (5, 5))
  }

  @Test func `a Secret's data is hidden from the moment it is read`() throws {
    let secret = try YAMLReader().objects(manifest.utf8)[2].object
    #expect(secret.json.value(at: "data", "password") == .secret(SecretBytes(utf8: "aHVudGVyMg==")))
    #expect(!"\(secret)".contains("aHVudGVyMg"))
    #expect(!YAMLWriter().text(secret.json).contains("aHVudGVyMg"))
    #expect(YAMLWriter().text(secret.json, secrets: .revealed).contains("password: aHVudGVyMg==\n"))
  }

  @Test func `a field's place is its key's, or the nearest around it`() throws {
    let object = try YAMLReader().objects(manifest.utf8, file: "m")[1]
    func place(_ path: FieldPath) -> String { object.location(of: path).description }
    let container = FieldPath(dotted: "spec.template.spec.containers").index(0)
    #expect(place(FieldPath(dotted: "metadata.name")) == "m:9:3")
    #expect(place(FieldPath(dotted: "spec.replicas")) == "m:24:3")
    #expect(place(container) == "m:34:9")
    #expect(place(container.field("args").index(1)) == "m:35:31")
    #expect(place(container.field("ports").index(0).field("protocol")) == "m:37:33")
    #expect(place(container.field("ports").index(7).field("protocol")) == "m:36:9")
    #expect(place(FieldPath(dotted: "spec.selector.matchLabels.app")) == "m:26:5")
    #expect(place(FieldPath(dotted: "status.phase")) == "m:6:1")
    let problem = FieldError(
      path: FieldPath(dotted: "spec.replicas"), problem: "is too large", remedy: "use 1")
    #expect(object.error(problem).description == "m:24:3: spec.replicas: is too large; use 1")
    let inList = try YAMLReader().objects(manifest.utf8, file: "m")[3]
    #expect(inList.location(of: FieldPath(dotted: "metadata.name")).description == "m:57:5")
  }

  @Test func `the items of a typed list get its type`() throws {
    let text = """
      {"apiVersion": "v1", "kind": "NamespaceList", "metadata": {"resourceVersion": "5"},
       "items": [{"metadata": {"name": "a"}}, {"metadata": {"name": "b"}}]}
      """
    let objects = try YAMLReader().objects(text.utf8).map(\.object)
    #expect(objects.map(\.kind) == ["Namespace", "Namespace"])
    #expect(objects.map(\.metadata.name) == ["a", "b"])
    let other = "apiVersion: x/v1\nkind: AllowList\nmetadata: {name: a}\nspec: {}\n"
    #expect(try YAMLReader().objects(other.utf8).map(\.object.kind) == ["AllowList"])
    #expect(try YAMLReader().objects("apiVersion: v1\nkind: List\nitems: []\n".utf8).isEmpty)
  }

  @Test func `objects survive writing and reading`() throws {
    let objects = try YAMLReader().objects(manifest.utf8).map(\.object)
    let text = YAMLWriter().documents(objects.map(\.json), secrets: .revealed)
    #expect(try YAMLReader().objects(text.utf8).map(\.object) == objects)
  }
}
