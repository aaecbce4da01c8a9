import HTTPTypes
import KindSamples
import KubeCore
import KubeSchemas
import KubeTransport

extension Behavior {
  /// A test of one object of every kind: its defaults, columns and validation. Kinds that the
  /// server lacks are skipped.
  static let everyKind: [Behavior] = KindSample.all.map { sample in
    // As long as an aggregated API isn't available, the real server ends no namespace.
    Behavior(
      "\(sample.testDescription) is created, completed, printed and checked",
      isExclusive: sample.kind == "APIService"
    ) { s in
      let type = try await s.served(sample)
      let free = s.unique("k")
      if sample.kind == "Pod" {
        try await s.waitUntilPodsAreAdmitted(sample.document(type, free, in: s.namespace))
      }
      if let wrong = sample.wrongDocument(type, free, in: s.namespace), let field = sample.wrong?.field {
        let error = try await s.refused(.invalid, 422, "Invalid") { try await s.create(wrong, type) }
        let fields = (error.status?.details?.causes ?? []).map { $0.field ?? "" }
        try expect(fields.contains { $0.hasPrefix(field) }, "\(field) is not among \(fields)")
      }
      let created = try await s.create(sample.document(type, free, in: s.namespace), type)
      for (path, value) in sample.defaults {
        try expect(created.json.value(at: path), value, path.joined(separator: "."))
      }
      try await s.isPrinted(created, type, sample)
      try await s.delete(s.key(sample.objectName(free), type), DeletionOptions(propagation: .background))
    }
  }
}

/// An error: the server is older than the kind.
struct NotServed: Error, CustomStringConvertible {
  var description: String
}

extension Sandbox {
  /// Waits until pods are admitted: on a real server a controller must first create the token of
  /// the namespace's account, until which the answer is 500.
  func waitUntilPodsAreAdmitted(_ pod: JSONValue) async throws {
    for _ in 0..<300 {
      let answer = try await raw(
        .post, ["api", "v1", "namespaces", namespace, "pods"], query: [("dryRun", "All")],
        body: JSONWriter().text(pod))
      guard answer.status == 500 else { return }
      try await Task.sleep(for: .milliseconds(100))
    }
  }

  /// The kind as the server serves it. Throws ``NotServed`` if discovery lacks it.
  func served(_ sample: KindSample) async throws -> ResourceType {
    let type = try unwrap(
      KubernetesSchema.document.kind(sample.groupKind)?.resourceType, "\(sample.testDescription)")
    guard try await client().serverResources(apiVersion: type.apiVersion).contains(type) else {
      throw NotServed(description: "\(sample.testDescription) isn't served in \(type.version)")
    }
    return type
  }

  @discardableResult
  func create(_ object: JSONValue, _ type: ResourceType) async throws -> DynamicObject {
    try await client().create(
      key(object.value(at: "metadata", "name")?.string ?? "", type), object)
  }

  /// Expects the object's table to show the values at the paths of the schema's columns, as far as
  /// the server's release has these columns.
  func isPrinted(_ object: DynamicObject, _ type: ResourceType, _ sample: KindSample) async throws {
    let path =
      (type.group.isEmpty ? ["api"] : ["apis", type.group]) + [type.version]
      + (type.isNamespaced ? ["namespaces", namespace] : []) + [type.plural, object.metadata.name]
    let answer = try await raw(
      .get, path, headers: [.accept: "application/json;as=Table;g=meta.k8s.io;v=v1"])
    try expect(answer.status, 200, "the status of the table")
    let titles = (answer.body?["columnDefinitions"]?.array ?? []).map { $0["name"]?.string ?? "" }
    let cells = answer.body?["rows"]?.array?.first?["cells"]?.array ?? []
    // The real server shows a cell for its age without a column.
    let lacksAge = sample.kind == "IPAddress"
    if !lacksAge { try expect(cells.count, titles.count, "the number of cells") }
    let shown = Dictionary(zip(titles, cells), uniquingKeysWith: { first, _ in first })
    try expect(shown["Name"], .string(object.metadata.name), "the name")
    let columns = KubernetesSchema.document.kind(sample.groupKind)?.columns ?? []
    for column in columns {
      if ["Age", "Created At"].contains(column.title), !lacksAge {
        try expect(shown[column.title] != nil, "the table lacks \(column.title)")
      }
      guard let members = column.path?.dropFirst().split(separator: ".").map({ String($0) }),
        let value = object.json.value(at: members), let cell = shown[column.title], value != ""
      else { continue }
      // Some columns show numbers and booleans as text.
      let isText = cell.string != nil && value.string == nil
      let text = value.bool.map { $0 ? "True" : "False" } ?? JSONWriter().text(value)
      try expect(cell, isText ? .string(text) : value, column.title)
    }
  }
}
