import KubeCore
import KubeSchemas

/// One column that a custom resource's objects have in tables: an entry of `additionalPrinterColumns` (API
/// reference CustomResourceColumnDefinition v1).
public struct PrinterColumn: Sendable, Hashable {
  /// What stands above the column.
  public var name: String
  /// The cells' type: `string`, `integer`, `number`, `boolean` or `date`.
  public var type: String
  /// Where an object has the cell's value: a JSONPath of members, indices, `[*]` and filters such as
  /// `.status.conditions[?(@.type=="Available")].status`.
  public var jsonPath: String
  /// What the column tells.
  public var description: String
  /// 0 for a column that is always shown, more for one that wide tables alone have.
  public var priority: Int
  /// The format within the type, such as `int32`; empty for none.
  public var format: String

  /// A column.
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

  /// The columns that a version of a CustomResourceDefinition asks for; the object's age where it asks for
  /// none.
  init?(_ definition: JSONValue) {
    guard let name = definition["name"]?.string, let path = definition["jsonPath"]?.string else { return nil }
    self.init(
      name, type: definition["type"]?.string ?? "string", jsonPath: path,
      description: definition["description"]?.string ?? "",
      priority: definition["priority"]?.int64.flatMap { Int(exactly: $0) } ?? 0,
      format: definition["format"]?.string ?? "")
  }

  /// What is shown of a kind that asks for nothing.
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
  /// The column that a schema says; `nil` where the server computes the cells itself.
  init?(_ column: KindSchema.Column) {
    guard let path = column.path else { return nil }
    self.init(column.title, type: column.type, jsonPath: path, priority: column.isWide ? 1 : 0)
  }
}
