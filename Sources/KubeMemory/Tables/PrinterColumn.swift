import KubeCore
import KubeSchemas

/// A column of a custom resource's tables: an entry of `additionalPrinterColumns` (API reference
/// CustomResourceColumnDefinition v1).
public struct PrinterColumn: Sendable, Hashable {
  /// The column's title.
  public var name: String
  /// The cells' type: `string`, `integer`, `number`, `boolean` or `date`.
  public var type: String
  /// The path of the cell's value: a JSONPath of members, indices, `[*]` and filters such as
  /// `.status.conditions[?(@.type=="Available")].status`.
  public var jsonPath: String
  /// The column's description.
  public var description: String
  /// The priority: 0 for a column that is always shown, more for one of wide tables only.
  public var priority: Int
  /// The format within the type, such as `int32`; empty for none.
  public var format: String

  /// Creates a column.
  public init(
    _ name: String, type: String = "string", jsonPath: String, description: String = "", priority: Int = 0,
    format: String = ""
  ) {
    self.name = name
    self.type = type
    self.jsonPath = jsonPath
    self.description = description
    self.priority = priority
    self.format = format
  }

  /// The columns of a CustomResourceDefinition's version; the object's age where it has none.
  init?(_ definition: JSONValue) {
    guard let name = definition["name"]?.string, let path = definition["jsonPath"]?.string else { return nil }
    self.init(
      name, type: definition["type"]?.string ?? "string", jsonPath: path,
      description: definition["description"]?.string ?? "",
      priority: definition["priority"]?.int64.flatMap { Int(exactly: $0) } ?? 0,
      format: definition["format"]?.string ?? "")
  }

  /// The default column of a kind without columns.
  static let age = PrinterColumn(
    "Age", type: "date", jsonPath: ".metadata.creationTimestamp", description: "How long ago it was created")
}

extension [PrinterColumn] {
  /// The columns of one version of a CustomResourceDefinition.
  init(ofVersion version: JSONValue) {
    self = (version["additionalPrinterColumns"]?.array ?? []).compactMap { PrinterColumn($0) }
  }
}

extension PrinterColumn {
  /// Creates the column of a schema; `nil` where the server computes the cells itself.
  init?(_ column: KindSchema.Column) {
    guard let path = column.path else { return nil }
    self.init(column.title, type: column.type, jsonPath: path, priority: column.isWide ? 1 : 0)
  }
}
