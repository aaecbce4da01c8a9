import KubeSchemas
import Testing

@testable import KubeCore

@Suite struct DriftPropertyTests {
  private let table = FieldTables.builtIn.table(for: GroupKind(group: "apps", kind: "Deployment"))
  private let us = FieldOwnership(fieldManager: "us", predecessors: ["go"])

  private func created(_ desired: JSONValue, by manager: String = "us") throws -> ApplyModel {
    var model = ApplyModel(
      table,
      [
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": ["name": "d", "namespace": "n", "uid": "u", "resourceVersion": "1"],
      ])
    try model.apply(desired, by: manager)
    return model
  }

  private func forEachDesired(
    seed: UInt64, _ count: Int = 40, _ body: (JSONValue, inout SeededGenerator) throws -> Void
  ) rethrows {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<count { try body(.randomDeployment(using: &generator), &generator) }
  }

  @Test func `after an apply there is no drift`() throws {
    try forEachDesired(seed: 10) { desired, _ in
      let drift = try table.drift(desired: desired, observed: try created(desired).object, ownership: us)
      #expect(drift.isNone, "\(drift.differences)")
      #expect(drift.conflicts.isEmpty && !drift.comparedByValueOnly)
    }
  }

  @Test func `from any state one apply ends the drift, and changes values or owners where there was one`()
    throws
  {
    try forEachDesired(seed: 11) { desired, generator in
      var model = try created(.randomDeployment(using: &generator), by: generator.chance(50) ? "us" : "other")
      try model.update(by: "third") { $0 = Self.disturbed($0, using: &generator) }
      let before = model.json
      let drift = try table.drift(desired: desired, observed: try model.object, ownership: us)
      try model.apply(desired, by: "us")
      let after = try table.drift(desired: desired, observed: try model.object, ownership: us)
      #expect(after.isNone, "\(after.differences)")
      var (old, new) = (before, model.json)
      old.set(nil, at: ["metadata", "managedFields"])
      new.set(nil, at: ["metadata", "managedFields"])
      let keepsOwners = try model.entries() == ApplyModel(table, before).entries()
      if drift.isNone {
        #expect(table.equal(old, new) && keepsOwners)
      } else {
        #expect(!table.equal(old, new) || !keepsOwners, "\(drift.differences)")
      }
    }
  }

  private static func disturbed(_ json: JSONValue, using generator: inout SeededGenerator) -> JSONValue {
    var json = json
    if generator.chance(50) { json.set(7, at: ["spec", "replicas"]) }
    if generator.chance(50) { json.set(nil, at: ["metadata", "labels"]) }
    if generator.chance(50) {
      json.set([["name": "main", "image": "x"]], at: ["spec", "template", "spec", "containers"])
    }
    return json
  }

  @Test func `a desired field that another manager changes or removes is found`() throws {
    try forEachDesired(seed: 12) { desired, generator in
      let leaves = table.fieldSet(of: desired).leaves.filter { path in
        // Key fields can't be changed without changing the item; empty values are none.
        guard case .field(let name)? = path.last, let value = table.value(at: path, in: desired) else {
          return false
        }
        return !["name", "containerPort", "protocol", "mountPath"].contains(name)
          && !FieldTable.isEmpty(value)
          && value != "" && value != false
      }
      guard let leaf = leaves.randomElement(using: &generator) else { return }
      var model = try created(desired)
      let rules = table.root
      try model.update(by: "other") { Self.set("changed", at: leaf[...], in: &$0, rules) }
      let drift = try table.drift(desired: desired, observed: try model.object, ownership: us)
      #expect(drift.differences.map(\.path) == [FieldPath(leaf)])
      #expect(drift.differences.first?.kind == .changed)
      #expect(drift.conflicts.isEmpty)
    }
  }

  private static func set(
    _ new: JSONValue, at path: ArraySlice<FieldSet.Element>, in value: inout JSONValue,
    _ node: FieldTable.Node
  ) {
    guard let first = path.first else {
      value = new
      return
    }
    if case .field(let name) = first {
      var child = value[name] ?? .null
      set(new, at: path.dropFirst(), in: &child, node.member(name))
      value[name] = child
    } else if var list = value.array,
      let place = list.firstIndex(where: { FieldTable.child(first, of: [$0], node) != nil })
    {
      set(new, at: path.dropFirst(), in: &list[place], node.items)
      value = .array(list)
    }
  }

  @Test func `a field that is no longer desired is dropped, and gone after the apply`() throws {
    try forEachDesired(seed: 13) { desired, _ in
      var more = desired
      more.set("x", at: ["metadata", "annotations", "gone"])
      more.set([["name": "gone"]], at: ["spec", "template", "spec", "imagePullSecrets"])
      var model = try created(more)
      let drift = try table.drift(desired: desired, observed: try model.object, ownership: us)
      #expect(
        drift.differences.map(\.description) == [
          "metadata.annotations.gone: is no longer wanted",
          "spec.template.spec.imagePullSecrets[gone]: is no longer wanted",
        ])
      #expect(drift.needsApply)
      try model.apply(desired, by: "us")
      #expect(try table.drift(desired: desired, observed: try model.object, ownership: us).isNone)
      #expect(model.json.value(at: "metadata", "annotations") == nil)
    }
  }

  @Test func `fields that are neither desired nor ours are ignored`() throws {
    try forEachDesired(seed: 14) { desired, _ in
      var model = try created(desired)
      try model.update(by: "autoscaler") {
        $0.set("x", at: ["metadata", "annotations", "deployment.kubernetes.io/revision"])
        $0.set(9, at: ["spec", "minReadySeconds"])
        $0.set(3, at: ["status", "replicas"])
      }
      #expect(try table.drift(desired: desired, observed: try model.object, ownership: us).isNone)
    }
  }

  @Test func `what another manager applied with the same values is unowned, not a conflict`() throws {
    try forEachDesired(seed: 15) { desired, _ in
      var model = try created(desired, by: "gitops")
      let drift = try table.drift(desired: desired, observed: try model.object, ownership: us)
      #expect(drift.needsApply && drift.conflicts.isEmpty)
      #expect(drift.differences.allSatisfy { $0.kind == .unowned }, "\(drift.differences)")
      try model.apply(desired, by: "us")
      #expect(try table.drift(desired: desired, observed: try model.object, ownership: us).isNone)
    }
  }

  @Test func `amounts spelled otherwise and lists in another order are no drift`() throws {
    try forEachDesired(seed: 16) { desired, _ in
      var text = JSONWriter().text(try created(desired).json)
      for (from, to) in [("\"0.5\"", "\"500m\""), ("\"1Gi\"", "\"1024Mi\""), ("\"1e3\"", "\"1k\"")] {
        text = text.split(separator: from, omittingEmptySubsequences: false).joined(separator: to)
      }
      var json = try JSONValue(parsing: text)
      if let containers = json.value(at: "spec", "template", "spec", "containers")?.array {
        json.set(.array(containers.reversed()), at: ["spec", "template", "spec", "containers"])
      }
      let drift = try table.drift(desired: desired, observed: DynamicObject(json), ownership: us)
      #expect(drift.isNone, "\(drift.differences)")
    }
  }

  @Test func `without managedFields values alone are compared`() throws {
    try forEachDesired(seed: 17) { desired, generator in
      var json = try created(desired).json
      json.set(nil, at: ["metadata", "managedFields"])
      let same = try table.drift(desired: desired, observed: DynamicObject(json), ownership: us)
      #expect(same.isNone && same.comparedByValueOnly)
      let other = JSONValue.randomDeployment(using: &generator)
      let drift = try table.drift(desired: other, observed: DynamicObject(json), ownership: us)
      #expect(drift.differences.allSatisfy { $0.kind == .missing || $0.kind == .changed })
    }
  }

  @Test func `the same question gets the same answer`() throws {
    try forEachDesired(seed: 18, 20) { desired, generator in
      let observed = try created(.randomDeployment(using: &generator), by: "go").object
      let first = try table.drift(desired: desired, observed: observed, ownership: us)
      let again = try table.drift(
        desired: JSONValue(parsing: JSONWriter().text(desired)),
        observed: DynamicObject(JSONValue(parsing: JSONWriter().text(observed.json))), ownership: us)
      #expect(first == again)
      #expect("\(first.differences)" == "\(again.differences)")
    }
  }
}
