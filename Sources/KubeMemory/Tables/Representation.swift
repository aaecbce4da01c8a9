import KubeCore
import KubeTransport

/// The representation of objects that a client accepts (API concepts: "Receiving resources as
/// Tables", "Metadata-only").
enum Representation: Sendable, Hashable {
  case object
  case partialMetadata
  case table(apiVersion: String, rowObject: RowObject)

  /// The part of its object that a table's row contains.
  enum RowObject: String, Sendable, Hashable {
    case none = "None"
    case metadata = "Metadata"
    case object = "Object"
  }

  private static let group = "meta.k8s.io"

  /// Creates the first supported representation of the `Accept` header; throws 400 for an unknown
  /// content of rows.
  init(accept: String, _ request: KubeRequest) throws(APIFailure) {
    self = .object
    guard accept.utf8.contains(UInt8(ascii: "=")) else { return }
    for range in accept.split(separator: ",") {
      let parts = range.split(separator: ";").map { $0.filter { $0 != " " } }
      func parameter(_ name: String) -> String? {
        parts.dropFirst().first { $0.hasPrefix(name + "=") }.map { String($0.dropFirst(name.count + 1)) }
      }
      guard let type = parts.first, type == "application/json" || type.hasSuffix("/*") else { continue }
      guard let wanted = parameter("as") else { return }
      guard (parameter("g") ?? Representation.group) == Representation.group else { continue }
      switch wanted {
      case "PartialObjectMetadata", "PartialObjectMetadataList":
        self = .partialMetadata
        return
      case "Table":
        let text = request.queryValue("includeObject") ?? ""
        guard let rowObject = RowObject(rawValue: text.isEmpty ? RowObject.metadata.rawValue : text) else {
          throw .badRequest("unrecognized includeObject value: \(JSONWriter().text(.string(text)))")
        }
        self = .table(
          apiVersion: Representation.group + "/" + (parameter("v") ?? "v1"), rowObject: rowObject)
        return
      default: continue
      }
    }
    throw .notAcceptable
  }
}

extension MemoryAPIServer {
  /// A `Table` of objects with ages at `time`.
  static func table(
    of objects: some Sequence<JSONValue>, _ printer: TablePrinter, apiVersion: String,
    rowObject: Representation.RowObject, metadata: JSONValue, withColumns: Bool = true, at time: Date
  ) -> JSONValue {
    let rows = objects.map { object -> JSONValue in
      var row: JSONValue = ["cells": .array(printer.cells(object, time))]
      if let conditions = TablePrinter.rowConditions(object) { row["conditions"] = conditions }
      switch rowObject {
      case .none: row["object"] = .null
      case .metadata: row["object"] = partial(object)
      case .object: row["object"] = object
      }
      return row
    }
    return [
      "kind": "Table", "apiVersion": .string(apiVersion), "metadata": metadata,
      "columnDefinitions": .array(withColumns ? printer.columns.map(\.json) : []), "rows": .array(rows),
    ]
  }

  /// A `Table` of one object.
  static func table(
    of object: JSONValue, _ printer: TablePrinter, apiVersion: String, rowObject: Representation.RowObject,
    withColumns: Bool = true, at time: Date
  ) -> JSONValue {
    table(
      of: [object], printer, apiVersion: apiVersion, rowObject: rowObject,
      metadata: .fields(["resourceVersion": object.value(at: "metadata", "resourceVersion")]),
      withColumns: withColumns, at: time)
  }
}
