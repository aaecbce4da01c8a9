import KubeCore

extension CELFunction {
  private static func method(_ name: String) -> CELFunction { CELFunction(name: name, isMethod: true) }
  private static func function(_ name: String) -> CELFunction { CELFunction(name: name, isMethod: false) }

  /// The supported functions and methods with their numbers of arguments, the one before the dot
  /// included.
  static let supported: [CELFunction: ClosedRange<Int>] = {
    var table: [CELFunction: ClosedRange<Int>] = [
      function("size"): 1...1, method("size"): 1...1, function("matches"): 2...2, method("matches"): 2...2,
      function("optional.of"): 1...1, function("optional.none"): 0...0,
      function("optional.ofNonZeroValue"): 1...1,
      method("hasValue"): 1...1, method("value"): 1...1, method("orValue"): 2...2, method("or"): 2...2,
    ]
    for name in ["int", "uint", "double", "bool", "string", "bytes", "duration", "timestamp", "dyn", "type"] {
      table[function(name)] = 1...1
    }
    for name in ["contains", "startsWith", "endsWith", "charAt"] { table[method(name)] = 2...2 }
    for name in ["lowerAscii", "upperAscii", "trim", "isSorted", "sum", "min", "max"] {
      table[method(name)] = 1...1
    }
    for name in ["indexOf", "lastIndexOf", "substring", "split"] { table[method(name)] = 2...3 }
    table[method("replace")] = 3...4
    table[method("join")] = 1...2
    for name in CELTimePart.allCases { table[method(name.rawValue)] = 1...2 }
    return table
  }()
}

extension CELEvaluation {
  /// The result of a function or method of `CELFunction.supported`.
  mutating func call(_ function: CELFunction, _ arguments: [CELValue]) throws(CELError) -> CELValue {
    guard let first = arguments.first else {
      if function.name == "optional.none" { return .optional(nil) }
      throw .noOverload
    }
    if let part = CELTimePart(rawValue: function.name) {
      return try part.value(of: first, zone: arguments.count > 1 ? arguments[1] : nil)
    }
    switch function.name {
    case "int": return try CELConversion.int(first)
    case "uint": return try CELConversion.uint(first)
    case "double": return try CELConversion.double(first)
    case "bool": return try CELConversion.bool(first)
    case "string": return try CELConversion.string(first)
    case "bytes": return try CELConversion.bytes(first)
    case "duration": return try CELConversion.duration(first)
    case "timestamp": return try CELConversion.timestamp(first)
    case "dyn": return first
    case "type": return .type(first.typeName)
    case "size": return .int(Int64(try size(of: first)))
    case "optional.of": return .optional(first)
    case "optional.ofNonZeroValue": return .optional(CELEvaluation.isZero(first) ? nil : first)
    case "hasValue", "value": return try unwrapped(function.name, first)
    default: break
    }
    if case .list(let list) = first { return try call(function.name, on: list, Array(arguments.dropFirst())) }
    guard case .string(let text) = first else { throw .noOverload }
    return try call(function.name, on: text, Array(arguments.dropFirst()))
  }

  private mutating func size(of value: CELValue) throws(CELError) -> Int {
    switch value {
    case .string(let text):
      try charge(text.utf8.count / 10)
      return text.unicodeScalars.count
    case .bytes(let bytes): return bytes.count
    case .list(let list): return list.elements.count
    case .map(let map) where !map.isObject: return map.entries.count
    default: throw .noOverload
    }
  }

  private func unwrapped(_ name: String, _ value: CELValue) throws(CELError) -> CELValue {
    guard case .optional(let wrapped) = value else { throw .noOverload }
    if name == "hasValue" { return .bool(wrapped != nil) }
    guard let wrapped else { throw CELError(description: "optional.none() dereference") }
    return wrapped
  }

  private static func isZero(_ value: CELValue) -> Bool {
    switch value {
    case .null: true
    case .bool(let bool): !bool
    case .int(let number): number == 0
    case .uint(let number): number == 0
    case .double(let number): number == 0
    case .string(let text): text.isEmpty
    case .bytes(let bytes): bytes.isEmpty
    case .duration(let nanoseconds): nanoseconds == 0
    case .list(let list): list.elements.isEmpty
    case .map(let map): map.entries.isEmpty
    case .optional(let wrapped): wrapped == nil
    case .timestamp, .type: false
    }
  }

  // MARK: Lists

  private mutating func call(_ name: String, on list: CELList, _ arguments: [CELValue]) throws(CELError)
    -> CELValue
  {
    let elements = list.elements
    try charge(elements.count)
    switch name {
    case "isSorted":
      for (left, right) in zip(elements, elements.dropFirst()) {
        guard let order = left.order(to: right) else { throw .noOverload }
        if order == .greater { return .bool(false) }
      }
      return .bool(true)
    case "sum":
      guard var sum = elements.first else { return .int(0) }
      for element in elements.dropFirst() { sum = try arithmetic(.plus, left: sum, right: element) }
      return sum
    case "min", "max":
      guard var best = elements.first else { throw CELError(description: "\(name) called on empty list") }
      for element in elements.dropFirst() {
        guard let order = element.order(to: best) else { throw .noOverload }
        if order == (name == "min" ? .less : .greater) { best = element }
      }
      return best
    case "indexOf", "lastIndexOf":
      guard arguments.count == 1 else { throw .noOverload }
      let index =
        name == "indexOf" ? elements.firstIndex(of: arguments[0]) : elements.lastIndex(of: arguments[0])
      return .int(Int64(index ?? -1))
    case "join":
      var texts: [String] = []
      for element in elements {
        guard case .string(let text) = element else { throw .noOverload }
        try charge(text.utf8.count / 10)
        texts.append(text)
      }
      guard let separator = arguments.first else { return .string(texts.joined()) }
      guard case .string(let separator) = separator else { throw .noOverload }
      try charge(separator.utf8.count / 10 * texts.count)
      return .string(texts.joined(separator: separator))
    default: throw .noOverload
    }
  }
}
