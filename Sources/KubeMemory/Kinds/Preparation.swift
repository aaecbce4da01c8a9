import KubeCore

/// The server's preparation of an incoming object: unknown fields are pruned, values normalized,
/// defaults filled in.
struct Preparation {
  let served: ServedKind

  private var rules: KindRules { served.rules }
  private var version: KindRules.Version { served.version }

  /// The treatment of unknown fields.
  enum FieldValidation: String {
    case ignore = "Ignore"
    case warn = "Warn"
    case strict = "Strict"
  }

  /// The object as the server stores it, and the paths of its unknown fields.
  ///
  /// Members that equal those of `known`, an object that has been prepared before, need no
  /// preparation.
  func prepared(_ object: JSONValue, known: JSONValue? = nil) -> (object: JSONValue, unknown: [String]) {
    let before = known?.object
    // An applied configuration has been checked already, and the rest of a built-in kind's object
    // is known.
    var (object, unknown) = known == nil || rules.isCustom ? self.known(object) : (object, [])
    object = Preparation.withPlainData(object, rules.groupKind, known: before)
    if case .object(let members) = object {
      object = .object(
        members.compactMapValues { member in
          if let before, before[member.key] == member.value { return member.value }
          let node = version.table.root.member(member.key)
          let isBuiltIn = !rules.isCustom || member.key == "metadata"
          let value = normalized(member.value, node, isBuiltIn: isBuiltIn, isMapEntry: false)
          let isEmptyMap = value?.object?.isEmpty == true && Preparation.dataMaps.contains(member.key)
          return isBuiltIn && isEmptyMap ? nil : value
        })
    }
    if object["metadata"] == nil { object["metadata"] = [:] }
    object = version.table.fillingDefaults(in: object)
    return (KindDefaults.filledIn(object, rules.groupKind), unknown)
  }

  private func known(_ object: JSONValue) -> (JSONValue, [String]) {
    if let schema = version.schema { return schema.fields.pruned(object) }
    return version.type?.pruned(object) ?? (object, [])
  }

  /// The refusal of fields of an applied object that the schema doesn't have, in the server's
  /// wording.
  func undeclared(in config: JSONValue) -> String? {
    guard let path = known(config).1.first else { return nil }
    return ".\(path): field not declared in schema"
  }

  /// A ConfigMap's or Secret's data as the Go types decode it: no nulls, Base64 in its canonical
  /// form. A Secret's `stringData` is merged into `data`.
  private static func withPlainData(_ object: JSONValue, _ kind: GroupKind, known: JSONObject?) -> JSONValue {
    guard kind.group.isEmpty, kind.kind == "Secret" || kind.kind == "ConfigMap" else { return object }
    var object = object
    for field in dataMaps {
      guard let value = object[field], value != known?[field], let members = value.object else { continue }
      let isBase64 = holdsBase64(field, kind)
      object[field] = .object(
        members.compactMapValues { member in
          guard let text = member.value.string else { return member.value.isNull ? "" : member.value }
          return isBase64 ? canonicalBase64(text).map { .string($0) } ?? member.value : member.value
        })
    }
    guard kind.kind == "Secret", let strings = object["stringData"]?.object else { return object }
    var data = object["data"]?.object ?? [:]
    for member in strings {
      guard let text = member.value.string else { continue }
      data[member.key] = .string(Data(text.utf8).base64EncodedString())
    }
    object["data"] = .object(data)
    object["stringData"] = nil
    return object
  }

  private static func holdsBase64(_ field: String, _ kind: GroupKind) -> Bool {
    field == "binaryData" || field == "data" && kind.kind == "Secret"
  }

  /// The `text` without line breaks and without stray bits at its end, which Go's decoder accepts;
  /// `nil` where it isn't Base64.
  private static func canonicalBase64(_ text: String) -> String? {
    let isBroken = text.utf8.contains { $0 == 0x0A || $0 == 0x0D }
    let line = isBroken ? String(text.unicodeScalars.filter { $0 != "\n" && $0 != "\r" }) : text
    return Data(base64Encoded: line)?.base64EncodedString()
  }

  /// Maps at an object's root; other root members, such as `spec`, are shown even when they are
  /// empty.
  private static let dataMaps: Set<String> = ["data", "binaryData", "stringData"]

  /// The problem of a ConfigMap's or Secret's data that the Go types can't decode; never the data
  /// itself.
  static func unreadableData(in object: JSONValue, _ kind: GroupKind) -> String? {
    guard kind.group.isEmpty, kind.kind == "Secret" || kind.kind == "ConfigMap" else { return nil }
    for field in dataMaps.sorted() {
      let isBase64 = holdsBase64(field, kind)
      for member in object[field]?.object ?? [:] where !member.value.isNull {
        guard let text = member.value.string else {
          return "\(kind.kind): \(field): \(member.key): expected a string, found \(member.value.kindName)"
        }
        if isBase64 && canonicalBase64(text) == nil {
          return "\(kind.kind): \(field): \(member.key): illegal base64 data"
        }
      }
    }
    return nil
  }

  /// The `value` as the Go types of the built-in kinds decode and encode it; `nil` where they omit
  /// it.
  private func normalized(
    _ value: JSONValue, _ node: FieldTable.Node, isBuiltIn: Bool, isMapEntry: Bool
  ) -> JSONValue? {
    switch value {
    case .null: return isBuiltIn && !isMapEntry ? .none : .some(value)
    case .object(let object):
      if node.structure == .untyped { return value }
      return .object(
        object.compactMapValues { member in
          let (below, isEntry) = node.lookup(member.key)
          let kept = normalized(member.value, below, isBuiltIn: isBuiltIn, isMapEntry: isEntry)
          if let kept, isBuiltIn, !isEntry, isOmitted(kept, below) { return nil }
          return kept
        })
    case .array(let elements):
      if node.structure == .untyped { return value }
      return .array(
        elements.compactMap { normalized($0, node.items, isBuiltIn: isBuiltIn, isMapEntry: true) })
    case .string, .number:
      guard node.scalar == .quantity, isBuiltIn, let quantity = Quantity(value) else { return value }
      return quantity.json
    case .bool, .secret: return value
    }
  }

  private func isOmitted(_ value: JSONValue, _ node: FieldTable.Node) -> Bool {
    switch value {
    case .array(let elements): return elements.isEmpty
    case .object(let members):
      return members.isEmpty && (node.structure == .map || node.children[.values] != nil)
    case .string(let text): return text.isEmpty && !node.isWrittenWhenEmpty
    case .bool(let bool): return !bool && node.isOmittedWhenZero
    case .number(let number): return number.int64 == 0 && node.isOmittedWhenZero
    case .null, .secret: return false
    }
  }
}
