import KubeCore

/// A JSON patch from a request (RFC 6902) with all six operations.
struct JSONPatchDocument {
  /// The reason why a patch can't be applied.
  enum Problem: Error {
    /// The document isn't a patch.
    case malformed(String)
    /// There are more operations than the server allows.
    case tooLong(String)
    /// An operation doesn't find the value that it requires; for `test`, another value.
    case inapplicable(String)
  }

  private struct Operation {
    var name: String
    var path: [String]
    var from: [String]
    var value: JSONValue
    var pathText: String
  }

  private let operations: [Operation]

  /// The maximum number of operations in one patch.
  static let maximumOperations = 10_000
  /// The maximum depth of a patched document.
  static let maximumDepth = 128
  /// The maximum number of bytes that the copy operations of one patch may add.
  static let maximumCopiedBytes = 3 << 20

  init(_ document: JSONValue) throws(Problem) {
    guard let elements = document.array else {
      throw .malformed(
        "json: cannot unmarshal \(document.goKind) into Go value of type []handlers.jsonPatchOp")
    }
    guard elements.count <= JSONPatchDocument.maximumOperations else {
      throw .tooLong(
        "The allowed maximum operations in a JSON patch is \(JSONPatchDocument.maximumOperations), got \(elements.count)"
      )
    }
    for element in elements { try JSONPatchDocument.requireDecodable(element) }
    // As on the real server, an incomplete operation fails when it is applied.
    var operations: [Operation] = []
    for element in elements {
      let name = element["op"]?.string ?? ""
      guard ["add", "copy", "move", "remove", "replace", "test"].contains(name) else {
        throw .inapplicable("Unexpected kind: \(name)")
      }
      guard let path = element["path"]?.string, let steps = JSONPatchDocument.steps(path) else {
        throw .inapplicable("operation \(name) has no \"path\" that is empty or has a \"/\"")
      }
      var from: [String] = []
      if name == "move" || name == "copy" {
        guard let text = element["from"]?.string, let steps = JSONPatchDocument.steps(text) else {
          throw .inapplicable("operation \(name) of \(path) has no \"from\"")
        }
        from = steps
      }
      operations.append(
        Operation(name: name, path: steps, from: from, value: element["value"] ?? .null, pathText: path))
    }
    self.operations = operations
  }

  /// Requires an operation's members to have the types of the server's Go struct, in which null is
  /// the same as nothing.
  private static func requireDecodable(_ element: JSONValue) throws(Problem) {
    guard element.object != nil || element.isNull else {
      throw .malformed("json: cannot unmarshal \(element.goKind) into Go value of type handlers.jsonPatchOp")
    }
    for field in ["op", "path", "from"] {
      guard let value = element[field], !value.isNull, value.string == nil else { continue }
      throw .malformed(
        "json: cannot unmarshal \(value.goKind) into Go struct field jsonPatchOp.\(field) of type string")
    }
  }

  /// The steps of a JSON pointer (RFC 6901); `nil` for any other text. As on the real server, text
  /// before the first slash is ignored.
  private static func steps(_ pointer: String) -> [String]? {
    if pointer.isEmpty { return [] }
    guard pointer.utf8.contains(UInt8(ascii: "/")) else { return nil }
    return pointer.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map { step in
      var text = ""
      var isEscaped = false
      for character in step.unicodeScalars {
        if isEscaped {
          text.unicodeScalars.append(character == "0" ? "~" : character == "1" ? "/" : character)
          isEscaped = false
        } else if character == "~" {
          isEscaped = true
        } else {
          text.unicodeScalars.append(character)
        }
      }
      return text
    }
  }

  /// The `document` after the operations; throws the first problem.
  func applied(to document: JSONValue) throws(Problem) -> JSONValue {
    var document: JSONValue? = document
    var copied = 0
    for operation in operations {
      let path = operation.path[...]
      try requireDepth(operation.value, below: path.count)
      switch operation.name {
      case "add": document = try add(operation.value, at: path, in: document, operation)
      case "remove": document = try remove(at: path, in: document, operation)
      case "replace":
        document = try replace(operation.value, at: path, in: document, operation)
      case "test":
        guard (value(at: path, in: document) ?? .null) == operation.value else {
          throw .inapplicable("testing value \(operation.pathText) failed: test failed")
        }
      case "move":
        guard let moved = value(at: operation.from[...], in: document) else { throw missing(operation) }
        try requireDepth(moved, below: path.count)
        document = try remove(at: operation.from[...], in: document, operation)
        document = try add(moved, at: path, in: document, operation)
      default:
        guard let copy = value(at: operation.from[...], in: document) else { throw missing(operation) }
        try requireDepth(copy, below: path.count)
        copied += JSONWriter(secrets: .revealed).bytes(copy).count
        guard copied <= JSONPatchDocument.maximumCopiedBytes else {
          throw .inapplicable(
            "the copy operations add \(copied) bytes, more than the limit of \(JSONPatchDocument.maximumCopiedBytes)"
          )
        }
        document = try add(copy, at: path, in: document, operation)
      }
    }
    guard let document else { throw .inapplicable("the patch removes the whole document") }
    return document
  }

  /// Requires that no operation makes the document deeper than a request's body may be, because its
  /// users recurse.
  private func requireDepth(_ value: JSONValue, below steps: Int) throws(Problem) {
    func fits(_ value: JSONValue, _ left: Int) -> Bool {
      guard left > 0 else { return false }
      switch value {
      case .array(let elements): return elements.allSatisfy { fits($0, left - 1) }
      case .object(let object): return object.allSatisfy { fits($0.value, left - 1) }
      case .null, .bool, .number, .string, .secret: return true
      }
    }
    guard fits(value, JSONPatchDocument.maximumDepth - steps) else {
      throw .inapplicable("the patch nests deeper than \(JSONPatchDocument.maximumDepth) levels")
    }
  }

  private func missing(_ operation: Operation) -> Problem {
    .inapplicable(
      "\(operation.name) operation does not apply: doc is missing path: \(operation.pathText): missing value")
  }

  private func index(_ step: String, count: Int) -> Int? {
    guard let index = Int(step), index >= 0, index < count, String(index) == step else { return nil }
    return index
  }

  private func value(at path: ArraySlice<String>, in document: JSONValue?) -> JSONValue? {
    guard let step = path.first else { return document }
    switch document {
    case .object(let object)?: return value(at: path.dropFirst(), in: object[step])
    case .array(let array)?:
      guard let index = index(step, count: array.count) else { return nil }
      return value(at: path.dropFirst(), in: array[index])
    default: return nil
    }
  }

  /// Changes the value at the parent of `path` by `change`, which gets the parent and the last
  /// step.
  private func edit(
    _ path: ArraySlice<String>, in document: JSONValue?, for operation: Operation,
    _ change: (inout JSONValue, String) throws(Problem) -> Void
  ) throws(Problem) -> JSONValue {
    guard var parent = document, let step = path.first else { throw missing(operation) }
    let rest = path.dropFirst()
    if rest.isEmpty {
      try change(&parent, step)
      return parent
    }
    switch parent {
    case .object(var object):
      guard let child = object[step] else { throw missing(operation) }
      object[step] = try edit(rest, in: child, for: operation, change)
      return .object(object)
    case .array(var array):
      guard let index = index(step, count: array.count) else { throw missing(operation) }
      array[index] = try edit(rest, in: array[index], for: operation, change)
      return .array(array)
    default: throw missing(operation)
    }
  }

  private func add(
    _ value: JSONValue, at path: ArraySlice<String>, in document: JSONValue?, _ operation: Operation
  ) throws(Problem) -> JSONValue {
    if path.isEmpty { return value }
    return try edit(path, in: document, for: operation) { parent, step throws(Problem) in
      switch parent {
      case .object(var object):
        object[step] = value
        parent = .object(object)
      case .array(var array):
        if step == "-" {
          array.append(value)
        } else if let index = index(step, count: array.count + 1) {
          array.insert(value, at: index)
        } else {
          throw missing(operation)
        }
        parent = .array(array)
      default: throw missing(operation)
      }
    }
  }

  private func replace(
    _ value: JSONValue, at path: ArraySlice<String>, in document: JSONValue?, _ operation: Operation
  ) throws(Problem) -> JSONValue {
    if path.isEmpty { return value }
    return try edit(path, in: document, for: operation) { parent, step throws(Problem) in
      if case .array(var array) = parent {
        guard let index = index(step, count: array.count) else { throw missing(operation) }
        array[index] = value
        parent = .array(array)
      } else {
        // Not a part of RFC 6902: the real server adds a member that isn't there.
        guard parent.object != nil else { throw missing(operation) }
        parent[step] = value
      }
    }
  }

  private func remove(at path: ArraySlice<String>, in document: JSONValue?, _ operation: Operation)
    throws(Problem) -> JSONValue?
  {
    if path.isEmpty { return nil }
    return try edit(path, in: document, for: operation) { parent, step throws(Problem) in
      switch parent {
      case .object(var object):
        guard object.contains(step) else { throw missing(operation) }
        object[step] = nil
        parent = .object(object)
      case .array(var array):
        guard let index = index(step, count: array.count) else { throw missing(operation) }
        array.remove(at: index)
        parent = .array(array)
      default: throw missing(operation)
      }
    }
  }
}

extension JSONValue {
  /// The kind of the value in the messages of Go's JSON decoder.
  fileprivate var goKind: String {
    switch self {
    case .null: "null"
    case .bool: "bool"
    case .number: "number"
    case .string, .secret: "string"
    case .array: "array"
    case .object: "object"
    }
  }
}

/// A JSON merge patch (RFC 7386).
enum MergePatch {
  /// The `target` after `patch`: members that are null are removed, objects are merged, any other
  /// value replaces.
  static func apply(_ patch: JSONValue, to target: JSONValue?) -> JSONValue {
    guard case .object(let changes) = patch else { return patch }
    var result = target?.object ?? [:]
    for change in changes {
      // Not a ternary, whose `nil` would be JSON's null.
      if change.value.isNull {
        result[change.key] = nil
      } else {
        result[change.key] = apply(change.value, to: result[change.key])
      }
    }
    return .object(result)
  }
}
