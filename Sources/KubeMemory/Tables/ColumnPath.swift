import KubeCore

/// A JSONPath of a printer column in the subset of the API server: members, indices, `[*]`, and
/// filters that compare a member with a literal.
///
/// Any other path (recursive descent, slices, scripts) finds nothing.
struct ColumnPath: Sendable, Hashable {
  private enum Step: Hashable {
    case member(String)
    case index(Int)
    case all
    case filter(path: [String], isEqual: Bool, value: JSONValue)
  }

  /// The maximum number of steps of a path.
  static let maximumSteps = 64

  private var steps: [Step]

  /// Parses a path; `nil` where it isn't supported.
  init?(_ text: String) {
    var rest = Substring(text)
    if rest.first == "{", rest.last == "}" { rest = rest.dropFirst().dropLast() }
    if rest.first == "$" { rest = rest.dropFirst() }
    steps = []
    while let first = rest.first {
      guard steps.count < ColumnPath.maximumSteps else { return nil }
      if first == "." {
        rest = rest.dropFirst()
        guard let name = ColumnPath.name(&rest) else { return nil }
        steps.append(name == "*" ? .all : .member(name))
      } else if first == "[" {
        guard let end = ColumnPath.closing(rest) else { return nil }
        let inner = rest[rest.index(after: rest.startIndex)..<end]
        guard let step = ColumnPath.bracket(inner) else { return nil }
        steps.append(step)
        rest = rest[rest.index(after: end)...]
      } else {
        return nil
      }
    }
  }

  /// Parses a member's name; a backslash escapes the next character.
  private static func name(_ rest: inout Substring) -> String? {
    var name = ""
    while let character = rest.first, character != ".", character != "[" {
      rest = rest.dropFirst()
      guard character == "\\" else {
        name.append(character)
        continue
      }
      guard let escaped = rest.popFirst() else { return nil }
      name.append(escaped)
    }
    return name.isEmpty ? nil : name
  }

  /// The end of the bracket at the beginning of `text`; brackets in quotes are ignored.
  private static func closing(_ text: Substring) -> Substring.Index? {
    var quote: Character?
    var depth = 0
    for index in text.indices {
      let character = text[index]
      if let open = quote {
        if character == open { quote = nil }
      } else if character == "\"" || character == "'" {
        quote = character
      } else if character == "[" {
        depth += 1
      } else if character == "]" {
        depth -= 1
        if depth == 0 { return index }
      }
    }
    return nil
  }

  private static func bracket(_ text: Substring) -> Step? {
    if text == "*" { return .all }
    if let index = Int(text) { return .index(index) }
    if let name = quoted(text) { return .member(name) }
    guard text.hasPrefix("?("), text.hasSuffix(")") else { return nil }
    let condition = text.dropFirst(2).dropLast()
    for (sign, isEqual) in [("==", true), ("!=", false)] {
      guard let range = condition.firstRange(of: sign) else { continue }
      let left = trimmed(condition[..<range.lowerBound])
      let right = trimmed(condition[range.upperBound...])
      guard left.first == "@", let value = literal(right) else { return nil }
      var rest = left.dropFirst()
      var path: [String] = []
      while rest.first == "." {
        rest = rest.dropFirst()
        guard let name = name(&rest) else { return nil }
        path.append(name)
      }
      return rest.isEmpty ? .filter(path: path, isEqual: isEqual, value: value) : nil
    }
    return nil
  }

  private static func trimmed(_ text: Substring) -> Substring {
    var text = text.drop { $0 == " " }
    while text.last == " " { text = text.dropLast() }
    return text
  }

  private static func quoted(_ text: Substring) -> String? {
    guard text.count >= 2, let quote = text.first, quote == "\"" || quote == "'", text.last == quote else {
      return nil
    }
    return String(text.dropFirst().dropLast())
  }

  private static func literal(_ text: Substring) -> JSONValue? {
    if let string = quoted(text) { return .string(string) }
    if text == "true" || text == "false" { return .bool(text == "true") }
    return JSONNumber(text: String(text)).map { .number($0) }
  }

  /// The first value at the path.
  func first(in object: JSONValue) -> JSONValue? {
    var values = [object]
    for step in steps {
      values = values.flatMap { ColumnPath.walk($0, step) }
      if values.isEmpty { return nil }
    }
    return values.first
  }

  private static func walk(_ value: JSONValue, _ step: Step) -> [JSONValue] {
    switch step {
    case .member(let name): return value[name].map { [$0] } ?? []
    case .index(let index):
      guard let list = value.array else { return [] }
      let place = index < 0 ? list.count + index : index
      return list.indices.contains(place) ? [list[place]] : []
    case .all: return value.array ?? value.object?.map(\.value) ?? []
    case .filter(let path, let isEqual, let wanted):
      return (value.array ?? []).filter { item in
        guard let found = item.value(at: path) else { return false }
        return (found == wanted) == isEqual
      }
    }
  }
}
