import KubeCore
import KubeSchemas
import Testing

@Suite struct BuiltInTableTests {
  /// Fields for which the former tables had other rules, and why the schema is right.
  private static let corrected: [String: String] = [:]

  @Test func `every rule of the former tables follows from the schema`() {
    var found: Set<String> = []
    for (kind, former) in FormerTables.all {
      let table = FieldTables.builtIn.table(for: kind)
      #expect(table.omitsEmptyStrings)
      compare(former.root, table.root, "\(kind)", &found)
    }
    #expect(found == Set(Self.corrected.keys))
  }

  private func compare(
    _ former: FieldTable.Node, _ node: FieldTable.Node, _ path: String, _ found: inout Set<String>
  ) {
    let isSame =
      (former.structure == .unstated || former.structure == node.structure)
      && (former.scalar == .plain || former.scalar == node.scalar)
      && (former.defaults.isEmpty || former.defaults == node.defaults)
      && (!former.isImmutable || node.isImmutable)
      && (!former.isOmittedWhenZero || node.isOmittedWhenZero)
    if !isSame { found.insert(path) }
    for (step, child) in former.children {
      switch step {
      case .field(let name): compare(child, node.member(name), path + "." + name, &found)
      case .items: compare(child, node.items, path + "[]", &found)
      case .values: compare(child, node.member(""), path + "{}", &found)
      }
    }
  }

  @Test func `every kind has a table`() {
    #expect(FieldTables.builtIn.kinds == Set(KubernetesSchema.document.kinds.map(\.groupKind)))
  }
}
