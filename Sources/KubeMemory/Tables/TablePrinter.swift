import KubeCore

/// A column's head (API reference TableColumnDefinition v1).
struct TableColumn: Sendable {
  var name: String
  var type: String
  var format = ""
  var description: String
  var priority = 0

  /// The first column of every table.
  static let name = TableColumn(
    name: "Name", type: "string", format: "name", description: "The name, unique within the namespace")

  var json: JSONValue {
    [
      "name": .string(name), "type": .string(type), "format": .string(format),
      "description": .string(description), "priority": .integer(priority),
    ]
  }
}

/// The conversion of the objects of one kind to the rows of a table.
struct TablePrinter: Sendable {
  typealias Cells = @Sendable (_ object: JSONValue, _ now: Date) -> [JSONValue]

  var columns: [TableColumn]
  /// One cell per column.
  var cells: Cells

  /// The table of a kind in one of its versions.
  static func of(_ rules: KindRules, _ version: KindRules.Version) -> TablePrinter {
    if rules.isCustom { return custom(version.printerColumns) }
    return builtIn(rules.groupKind) ?? schema(rules.groupKind) ?? created
  }

  /// The table of a kind without one of its own.
  private static let created = TablePrinter(
    columns: [.name, TableColumn(name: "Created At", type: "date", description: "When it was created")]
  ) { object, _ in
    [TablePrinter.name(object), object.value(at: "metadata", "creationTimestamp") ?? .null]
  }

  /// The table of the `scale` subresource of any kind.
  static let scale = custom([
    PrinterColumn("Desired", type: "integer", jsonPath: ".spec.replicas"),
    PrinterColumn("Available", type: "integer", jsonPath: ".status.replicas"), .age,
  ])

  static func name(_ object: JSONValue) -> JSONValue { object.value(at: "metadata", "name") ?? "" }

  static func age(_ object: JSONValue, _ now: Date) -> JSONValue {
    .string(HumanDuration.since(object.value(at: "metadata", "creationTimestamp"), at: now))
  }

  // MARK: Custom resources

  private static func custom(_ columns: [PrinterColumn]) -> TablePrinter {
    let columns = columns.isEmpty ? [.age] : columns
    let paths = columns.map { ColumnPath($0.jsonPath) }
    return TablePrinter(
      columns: [.name]
        + columns.map {
          TableColumn(
            name: $0.name, type: $0.type, format: $0.format, description: $0.description,
            priority: $0.priority)
        }
    ) { object, now in
      [name(object)]
        + zip(columns, paths).map { column, path in
          cell(path?.first(in: object), column.type, at: now)
        }
    }
  }

  /// The value as a cell of the column's type; `null` where it isn't of that type.
  private static func cell(_ value: JSONValue?, _ type: String, at now: Date) -> JSONValue {
    guard let value, !value.isNull else { return .null }
    switch (type, value) {
    case ("integer", .number(let number)):
      if let integer = number.int64 { return .integer(integer) }
      return Int64(exactly: number.double.rounded(.towardZero)).map { .integer($0) } ?? .null
    case ("number", .number): return value
    case ("boolean", .bool): return value
    case ("date", .string): return .string(HumanDuration.since(value, at: now))
    case ("string", .string): return value
    case ("string", _): return .string(JSONWriter().text(value))
    default: return .null
    }
  }
}
