@testable import KubeCore

/// A minimal model of server-side apply, with which `Drift` is compared: an object, its field
/// table, and the writes of several managers.
struct ApplyModel {
  let table: FieldTable
  private(set) var json: JSONValue

  init(_ table: FieldTable, _ json: JSONValue) {
    self.table = table
    self.json = json
  }

  var object: DynamicObject { get throws { try DynamicObject(json) } }

  func entries() throws -> [ManagedFieldsEntry] { try object.managedFields() }

  private mutating func store(_ entries: [ManagedFieldsEntry]) {
    json.set(
      entries.isEmpty ? nil : entries.filter { !$0.fields.isEmpty }.json, at: ["metadata", "managedFields"])
  }

  /// A forced apply of `desired`.
  mutating func apply(_ desired: JSONValue, by manager: String) throws {
    var entries = try entries()
    let index = entries.firstIndex { $0.manager == manager && $0.operation == .apply }
    let before = json
    let fields = table.fieldSet(of: desired)
    var others = FieldSet()
    for (place, entry) in entries.enumerated() where place != index { others = others.union(entry.fields) }
    let old = index.map { entries[$0].fields } ?? FieldSet()
    for leaf in FieldTable.dropped(old, fields).leaves where !others.covers(leaf) {
      remove(leaf[...], from: &json, table.root)
    }
    merge(FieldTable.owned(desired), into: &json, table.root)
    json = table.fillingDefaults(in: json)
    var changed = FieldSet()
    for leaf in fields.leaves
    where !table.equal(table.value(at: leaf, in: before), table.value(at: leaf, in: json), at: leaf) {
      changed.insert(leaf)
    }
    for place in entries.indices where place != index {
      entries[place].fields = entries[place].fields.subtractingRecursively(changed)
    }
    if let index {
      entries[index].fields = fields
      entries[index].apiVersion = desired["apiVersion"]?.string ?? ""
    } else {
      entries.append(
        ManagedFieldsEntry(
          manager: manager, operation: .apply, apiVersion: desired["apiVersion"]?.string ?? "",
          time: "2026-11-22T17:08:30Z", fields: fields))
    }
    store(entries)
  }

  /// A write of the whole object after `change`.
  mutating func update(by manager: String, _ change: (inout JSONValue) -> Void) throws {
    let before = json
    change(&json)
    var changed = FieldSet()
    for path in table.fieldSet(of: before).union(table.fieldSet(of: json)).paths {
      let (old, new) = (table.value(at: path, in: before), table.value(at: path, in: json))
      if (old == nil) != (new == nil) || !table.equal(old, new, at: path) && isLeaf(path) {
        changed.insert(path)
      }
    }
    var entries = try entries()
    for place in entries.indices
    where entries[place].manager != manager || entries[place].operation != .update {
      entries[place].fields = entries[place].fields.subtracting(changed)
    }
    let mine = entries.firstIndex { $0.manager == manager && $0.operation == .update }
    if let mine {
      entries[mine].fields = entries[mine].fields.union(changed)
    } else {
      entries.append(
        ManagedFieldsEntry(
          manager: manager, operation: .update, apiVersion: json["apiVersion"]?.string ?? "", fields: changed)
      )
    }
    store(entries)
  }

  private func isLeaf(_ path: [FieldSet.Element]) -> Bool {
    table.fieldSet(of: json).children(at: path[...]).isEmpty
  }

  private func merge(_ desired: JSONValue, into value: inout JSONValue, _ node: FieldTable.Node) {
    switch FieldTable.shape(desired, node) {
    case .leaf: value = desired
    case .object(let members):
      if value.object == nil { value = [:] }
      for member in members {
        var child = value[member.key] ?? .null
        merge(member.value, into: &child, node.member(member.key))
        value[member.key] = child
      }
    case .items(let items):
      var list = value.array ?? []
      for item in items {
        if let place = list.firstIndex(where: { FieldTable.child(item.element, of: [$0], node) != nil }) {
          merge(item.value, into: &list[place], node.items)
        } else {
          list.append(item.value)
        }
      }
      value = .array(list)
    }
  }

  private func remove(
    _ path: ArraySlice<FieldSet.Element>, from value: inout JSONValue, _ node: FieldTable.Node
  ) {
    guard let first = path.first, var child = FieldTable.child(first, of: value, node) else { return }
    let rest = path.dropFirst()
    if !rest.isEmpty { remove(rest, from: &child, FieldTable.rules(below: node, first)) }
    if case .field(let name) = first {
      value[name] = rest.isEmpty || child == [:] || child == [] ? nil : child
    } else if var list = value.array,
      let place = list.firstIndex(where: { FieldTable.child(first, of: [$0], node) != nil })
    {
      if rest.isEmpty { list.remove(at: place) } else { list[place] = child }
      value = .array(list)
    }
  }

  /// The JSON patch of an adoption.
  mutating func patch(_ operations: [JSONPatchOperation]) {
    for operation in operations {
      switch operation {
      case .replace(let path, let value): set(value, at: path)
      case .remove(let path): set(nil, at: path)
      case .add, .test: continue
      }
    }
  }

  /// Sets the member or the list's item at a JSON pointer; `nil` removes it.
  private mutating func set(_ value: JSONValue?, at path: String) {
    let steps = path.split(separator: "/").map(String.init)
    guard let index = steps.last.flatMap({ Int($0) }), var list = json.value(at: steps.dropLast())?.array,
      list.indices.contains(index)
    else { return json.set(value, at: steps) }
    if let value { list[index] = value } else { list.remove(at: index) }
    json.set(.array(list), at: Array(steps.dropLast()))
  }
}

extension FieldSet {
  func children(at path: ArraySlice<Element>) -> FieldSet {
    guard let first = path.first else { return self }
    return children(of: first).children(at: path.dropFirst())
  }
}

extension JSONValue {
  /// A Deployment's apply configuration with random fields.
  static func randomDeployment(using generator: inout SeededGenerator) -> JSONValue {
    func some(_ names: [String]) -> [String] { names.filter { _ in generator.chance(60) } }
    func pick<Choice>(_ choices: [Choice]) -> Choice {
      choices[Int.random(in: choices.indices, using: &generator)]
    }
    var document: JSONValue = [
      "apiVersion": "apps/v1", "kind": "Deployment",
      "metadata": ["name": "d", "namespace": "n"],
      "spec": [
        "selector": ["matchLabels": ["app": "d"]], "template": ["metadata": ["labels": ["app": "d"]]],
      ],
    ]
    for label in some(["a", "b.c/d", "e"]) {
      document.set(.string(pick(["", "1", "2"])), at: ["metadata", "labels", label])
    }
    if generator.chance(50) {
      document.set(
        .array(
          some(["1", "2"]).map {
            ["apiVersion": "v1", "kind": "ConfigMap", "name": .string($0), "uid": .string($0)]
          }),
        at: ["metadata", "ownerReferences"])
    }
    if generator.chance(30) {
      document.set(.array(some(["x/y", "z"]).map(JSONValue.string)), at: ["metadata", "finalizers"])
    }
    if generator.chance(60) { document.set(.integer(pick([1, 2, 3])), at: ["spec", "replicas"]) }
    if generator.chance(40) {
      document.set(["rollingUpdate": ["maxSurge": pick([1, "10%"])]], at: ["spec", "strategy"])
    }
    let containers = (["main"] + some(["side", "other"])).map { name -> JSONValue in
      var container: JSONValue = [
        "name": .string(name), "image": .string(pick(["i:1", "i", "r:5000/i@sha256:0"])),
      ]
      if generator.chance(60) { container["args"] = .array(some(["-a", "-b"]).map(JSONValue.string)) }
      for resource in some(["cpu", "memory"]) {
        container.set(
          .string(pick(["100m", "0.5", "1Gi", "1e3"])),
          at: ["resources", pick(["limits", "requests"]), resource])
      }
      if generator.chance(60) {
        container["env"] = .array(
          some(["A", "B"]).map { ["name": .string($0), "value": .string(pick(["", "v"]))] })
      }
      if generator.chance(50) {
        container["ports"] = .array(
          some(["80", "443"]).map { port in
            generator.chance(50)
              ? ["containerPort": .integer(Int(port) ?? 0)]
              : ["containerPort": .integer(Int(port) ?? 0), "protocol": "UDP", "name": .string("p" + port)]
          })
      }
      if generator.chance(50) {
        container["volumeMounts"] = .array(
          some(["/a", "/b"]).map {
            ["mountPath": .string($0), "name": "v", "readOnly": .bool(generator.chance(50))]
          })
      }
      if generator.chance(30) { container["securityContext"] = ["capabilities": ["drop": ["ALL"]]] }
      return container
    }
    document.set(.array(containers), at: ["spec", "template", "spec", "containers"])
    if generator.chance(50) {
      document.set(
        [["key": "a", "operator": "Exists"]], at: ["spec", "template", "spec", "tolerations"])
    }
    if generator.chance(50) {
      document.set(
        [["name": "v", "secret": ["secretName": "s"]]], at: ["spec", "template", "spec", "volumes"])
    }
    if generator.chance(50) { document.set("sa", at: ["spec", "template", "spec", "serviceAccountName"]) }
    return document
  }
}
