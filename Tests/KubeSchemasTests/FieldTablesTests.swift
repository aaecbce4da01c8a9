import KubeCore
import KubeSchemas
import Testing

@Suite struct FieldTablesTests {
  /// The rules of `wanted` that `node` lacks, by path.
  private func missing(_ wanted: FieldTable.Node, in node: FieldTable.Node, at path: String) -> [String] {
    var missing: [String] = []
    if wanted.structure != .unstated, wanted.structure != node.structure {
      missing.append("\(path): \(wanted.structure), not \(node.structure)")
    }
    if wanted.scalar != .plain, wanted.scalar != node.scalar { missing.append("\(path): \(wanted.scalar)") }
    if !wanted.defaults.isEmpty, wanted.defaults != node.defaults {
      missing.append("\(path): \(wanted.defaults), not \(node.defaults)")
    }
    if wanted.isImmutable && !node.isImmutable { missing.append("\(path): immutable") }
    if wanted.isOmittedWhenZero && !node.isOmittedWhenZero { missing.append("\(path): omitted when zero") }
    for (step, child) in wanted.children {
      missing += self.missing(child, in: node.children[step] ?? FieldTable.Node(), at: "\(path) \(step)")
    }
    return missing
  }

  @Test func `derived tables include the rules that were written by hand`() throws {
    for (kind, table) in HandWrittenTables.all {
      let derived = try #require(FieldTables.builtIn[kind])
      #expect(missing(table.root, in: derived.root, at: kind.description) == [])
      #expect(derived.omitsEmptyStrings)
    }
  }

  @Test func `every kind of the schema has a table`() {
    let kinds = KubernetesSchema.document.kinds.map(\.groupKind)
    #expect(FieldTables.builtIn.kinds == Set(kinds) && Set(kinds).count == kinds.count)
  }

  @Test func `a rule of one kind isn't one of every kind with the type`() throws {
    let job = try #require(FieldTables.builtIn[GroupKind(group: "batch", kind: "Job")])
    let cronJob = try #require(FieldTables.builtIn[GroupKind(group: "batch", kind: "CronJob")])
    #expect(job.isImmutable([.field("spec"), .field("template")]))
    #expect(
      !cronJob.isImmutable([.field("spec"), .field("jobTemplate"), .field("spec"), .field("template")]))
    let pod = try #require(FieldTables.builtIn[GroupKind(group: "", kind: "Pod")])
    #expect(pod.fillingDefaults(in: ["spec": [:]]).value(at: "spec", "enableServiceLinks") == true)
    let set = try #require(FieldTables.builtIn[GroupKind(group: "apps", kind: "StatefulSet")])
    #expect(
      set.fillingDefaults(in: ["spec": [:]]).value(at: "spec", "updateStrategy")
        == ["type": "RollingUpdate", "rollingUpdate": ["partition": 0]])
  }
}
