/// The field tables of several kinds, by ``GroupKind``.
public struct FieldTables: Sendable, Hashable {
  private var tables: [GroupKind: FieldTable]

  /// Creates a collection of these tables.
  public init(_ tables: [GroupKind: FieldTable] = [:]) { self.tables = tables }

  /// The table of a kind; `nil` where there is none.
  public subscript(kind: GroupKind) -> FieldTable? {
    get { tables[kind] }
    set { tables[kind] = newValue }
  }

  /// The table of a kind; for an unknown kind, a table of the rules of `metadata` alone.
  public func table(for kind: GroupKind) -> FieldTable { tables[kind] ?? FieldTables.unknownKind }

  /// These tables and those of `other`, which take precedence.
  public func merging(_ other: FieldTables) -> FieldTables {
    FieldTables(tables.merging(other.tables) { $1 })
  }

  /// The kinds that have a table.
  public var kinds: Set<GroupKind> { Set(tables.keys) }

  private static let unknownKind = FieldTable()
}
