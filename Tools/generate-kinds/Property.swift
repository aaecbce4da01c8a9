import KubeCore
import KubeSchemas

/// A field as a property of a view.
struct Property {
  let field: FieldSchema
  private let value: Value
  private let isSecret: Bool
  private let isKubeObjectMetadata: Bool
  /// The name in Swift.
  let name: String
  /// Whether a missing required member reads as its zero.
  private let isLenient: Bool
  /// Whether a scalar is written even when it is zero.
  private let isZeroWritten: Bool
  /// The getter's result where nothing is set.
  private let filledIn: JSONValue?
  /// The field's documentation.
  private let words: String?
  private let isUnchecked: Bool
  private let isReported: Bool
  /// Whether an object of the field's type has required members.
  private let hasRequired: Bool

  /// The type of a field's value in Swift.
  private indirect enum Value {
    case scalar(FieldSchema.Scalar)
    /// An enumeration, by its name in Swift.
    case enumeration(String)
    case view(String)
    case value(String)
    case list(Value)
    case map(Value)
  }

  init(
    _ field: FieldSchema, of type: TypeName, kind: KindSchema?, isReported: Bool, _ model: KindModel,
    outer: String, name: String
  ) {
    self.field = field
    self.name = name
    self.isReported = isReported
    isLenient = model.isLenient
    isZeroWritten = !model.isBuiltIn && field.isAlwaysWritten
    words = model.documentation[type]?[field.name]
    if model.isLenient, case .value(let value)? = field.defaultValue {
      filledIn = value
    } else {
      filledIn = nil
    }
    isSecret = field.attributes.contains(.secret)
    let isMetadata = field.name == "metadata" && field.type.typeName?.description == "meta.ObjectMeta"
    isKubeObjectMetadata = isMetadata && kind != nil
    hasRequired = Property.hasRequired(field, model)
    // An object that is only returned, not stored, needs no name.
    isUnchecked = isMetadata && kind?.isStored == false
    value =
      isMetadata && kind == nil
      ? .view("TemplateMeta")
      : model.enumerations[type]?[field.name].map { .enumeration(Property.local($0, in: outer)) }
        ?? Property.value(field.type, model: model, outer: outer)
  }

  private static func local(_ name: String, in outer: String) -> String {
    name.hasPrefix(outer + ".") ? String(name.dropFirst(outer.count + 1)) : name
  }

  private static func value(_ type: FieldSchema.Kind, model: KindModel, outer: String) -> Value {
    switch type {
    case .scalar(let scalar): return .scalar(scalar)
    case .list(let items): return .list(value(items, model: model, outer: outer))
    case .map(let entries): return .map(value(entries, model: model, outer: outer))
    case .type(let name):
      if let word = Vocabulary(name, model) {
        return word.isView ? .view(word.swiftName) : .value(word.swiftName)
      }
      return .view(local(model.type(name)?.swiftName ?? name.name, in: outer))
    }
  }

  private static func hasRequired(_ field: FieldSchema, _ model: KindModel) -> Bool {
    guard field.name != "status", case .type(let name) = field.type else { return false }
    if name.description == "meta.ObjectMeta" { return true }
    return model.members(of: name).contains { inner in
      switch inner.type {
      case .scalar: inner.isRequired
      case .type: inner.isRequired && hasRequired(inner, model)
      case .list, .map: false
      }
    }
  }

  var escaped: String { SwiftName.escaped(name) }

  private var key: String { SwiftName.literal(field.name) }

  // MARK: - Types

  private func swift(_ value: Value) -> String {
    switch value {
    case .scalar(let scalar):
      switch scalar {
      case .string where isSecret: "SecretBytes"
      case .string, .quantity, .duration: "String"
      case .int32: "Int32"
      case .int64: "Int64"
      case .double: "Double"
      case .bool: "Bool"
      case .bytes: isSecret ? "SecretBytes" : "[UInt8]"
      case .time, .microtime: "Date"
      case .intstr: "IntOrString"
      case .any: "JSONValue"
      }
    case .view(let name), .value(let name), .enumeration(let name): name
    case .list(let items): "[\(swift(items))]"
    case .map(.scalar(.string)) where isSecret: "[String: SecretBytes]"
    case .map(let entries): "[String: \(swift(entries))]"
    }
  }

  /// Whether the property is never `nil`.
  private var isAlwaysThere: Bool {
    switch value {
    case .list, .map: true
    case .view: field.isRequired || field.isAlwaysWritten
    case .scalar, .enumeration: field.isRequired || isZeroWritten || isFilledIn
    case .value: field.isRequired
    }
  }

  /// Whether the getter returns the field's default where nothing is set.
  private var isFilledIn: Bool { filledIn.map { literal(of: $0) != nil } ?? false }

  /// The literal of a default in Swift; `nil` for one that the type's literals can't express.
  private func literal(of json: JSONValue) -> String? {
    switch (value, json) {
    case (.enumeration, .string(let value)):
      EnumerationWriter.cases(of: field.values ?? []).first { $0.value == value }.map { "." + $0.name }
    case (.scalar(.string), .string(let text)), (.scalar(.duration), .string(let text)),
      (.scalar(.quantity), .string(let text)):
      SwiftName.literal(text)
    case (.scalar(.bool), .bool(let truth)): "\(truth)"
    case (.scalar(.int32), .number(let number)): number.int64.flatMap { Int32(exactly: $0) }.map { "\($0)" }
    case (.scalar(.int64), .number(let number)): number.int64.map { "\($0)" }
    case (.scalar(.double), .number(let number)): "\(number.double)"
    default: nil
    }
  }

  var swiftType: String { swift(value) + (isAlwaysThere ? "" : "?") }

  /// The type of a value in the notation of shapes; `index` numbers the types of objects.
  func shape(_ index: (String) -> Int) -> String {
    func word(_ value: Value) -> String {
      switch value {
      case .scalar(.bytes) where isSecret: "secret"
      case .scalar(.string) where isSecret: "secretText"
      case .scalar(.duration), .enumeration: "string"
      case .scalar(let scalar): scalar.rawValue
      case .view(let name), .value(let name): "@\(index(name))"
      case .list(let items): "[\(word(items))]"
      case .map(let entries): "{\(word(entries))}"
      }
    }
    if isUnchecked { return "\(field.name):any" }
    let isCollection =
      switch value {
      case .list, .map: true
      case .scalar, .enumeration, .view, .value: false
      }
    let isRequired =
      isKubeObjectMetadata
      || field.isRequired && !isCollection && !isReported && !isLenient
        && !isZeroWritten
    return field.name + (isRequired ? "!" : "") + ":" + word(value)
  }

  // MARK: - Code

  private var getter: String {
    switch value {
    case .scalar(let scalar):
      let (function, none) =
        switch scalar {
        case .string, .duration: ("string", "\"\"")
        case .quantity: ("quantity", "\"0\"")
        case .int32: ("int32", "0")
        case .int64: ("int64", "0")
        case .double: ("double", "0")
        case .bool: ("bool", "false")
        case .bytes: ("bytes", "[]")
        case .time, .microtime: ("time", "Date(timeIntervalSince1970: 0)")
        case .intstr: ("intOrString", ".int(0)")
        case .any: ("any", ".null")
        }
      return "fields.\(function)(\(key))" + (isAlwaysThere ? " ?? \(filledIn.flatMap(literal) ?? none)" : "")
    case .enumeration:
      let none = filledIn.flatMap(literal) ?? ".unknown(\"\")"
      return "fields.value(\(key))" + (isAlwaysThere ? " ?? \(none)" : "")
    case .view(let name): return "fields.view(\(key))" + (isAlwaysThere ? " ?? \(name)(unchecked: [:])" : "")
    case .value(let name): return "fields.value(\(key))" + (isAlwaysThere ? " ?? \(name)()" : "")
    case .list(.scalar(.string)), .list(.scalar(.quantity)): return "fields.strings(\(key))"
    case .list(.view): return "fields.views(\(key))"
    case .list: return "fields.values(\(key))"
    case .map(.scalar(.string)): return "fields.\(isSecret ? "secretTextMap" : "stringMap")(\(key))"
    case .map(.scalar(.quantity)): return "fields.quantityMap(\(key))"
    case .map(.scalar(.bytes)): return "fields.\(isSecret ? "secretMap" : "bytesMap")(\(key))"
    case .map(.list): return "fields.stringsMap(\(key))"
    case .map(.scalar(.time)): return "fields.timeMap(\(key))"
    case .map(.view): return "fields.viewMap(\(key))"
    case .map: return "fields.valueMap(\(key))"
    }
  }

  private var setter: String {
    let function =
      switch value {
      case .scalar(.double): "setDouble"
      case .scalar(.time): "setTime"
      case .scalar(.microtime): "setMicroTime"
      case .scalar(.bytes): "setBytes"
      case .view where !field.isRequired && field.isAlwaysWritten: "setUnlessEmpty"
      case .list where field.isRequired: "setRequired"
      case .map(.scalar(.string)) where isSecret: "setSecretTextMap"
      case .map(.scalar(.bytes)): isSecret ? "setSecretMap" : "setBytesMap"
      case .map(.scalar(.time)): "setTimeMap"
      case .map(.list): "setStringsMap"
      default: "set"
      }
    return "fields.\(function)(\(key), newValue)"
  }

  /// Whether an initializer's argument is optional although the property is never `nil`.
  private var isOptionalArgument: Bool { isFilledIn && isAlwaysThere }

  /// The initializer's statement that sets the property.
  var assignment: String {
    isOptionalArgument
      ? "if let \(escaped) { self.\(name) = \(escaped) }" : "self.\(name) = \(escaped)"
  }

  /// Whether an initializer's argument is required.
  var isArgumentRequired: Bool { !parameter.contains(" = ") }

  var parameter: String {
    let label = name == "inout" ? "`\(name)`" : name
    if isOptionalArgument { return "\(label): \(swiftType)? = nil" }
    let text = "\(label): \(swiftType)"
    if isZeroWritten, !field.isRequired, case .scalar(.string) = value { return text + " = \"\"" }
    switch value {
    case .list: return text + " = []"
    case .map: return text + " = [:]"
    case .view(let type):
      if !isAlwaysThere { return text + " = nil" }
      let isOptional = !field.isRequired && !hasRequired || isZeroWritten && field.isRequired
      return isUnchecked || isOptional && !isKubeObjectMetadata
        ? text + " = \(type)(unchecked: [:])" : text
    case .scalar, .enumeration, .value: return isAlwaysThere ? text : text + " = nil"
    }
  }

  /// The declaration of the minimum and maximum.
  func declaration(of bounds: NumberBounds) -> [String] {
    let parts = bounds.declaration(of: name, type: swift(value))
    return [
      "  /// " + parts.documentation, "  public static let \(name)Bounds: \(parts.type) = \(parts.value)",
    ]
  }

  /// The declaration with its documentation in this many columns; `isLinked` says whether the
  /// field's type is of the same module, to whose symbols alone documentation can link.
  func declaration(width: Int, isLinked: Bool) -> [String] {
    let text = isLinked ? documentation : documentation.replacing("``", with: "`")
    return Words.wrapped(text, width: width).map { "  /// " + $0 } + [
      "  public var \(escaped): \(swiftType) {",
      "    get { \(getter) }",
      "    set { \(setter) }",
      "  }",
    ]
  }

  // MARK: - Documentation

  private func noun(_ value: Value) -> String {
    switch value {
    case .scalar(let scalar):
      switch scalar {
      case .string, .duration: "Text"
      case .int32, .int64: "An integer"
      case .double: "A number"
      case .bool: "A truth value"
      case .bytes: "Bytes, in Base64 on the wire"
      case .time: "A time in whole seconds"
      case .microtime: "A time in microseconds"
      case .quantity: "A quantity, as text"
      case .intstr: "A number or a text"
      case .any: "JSON without a schema"
      }
    case .enumeration(let name): "One of ``\(name)``"
    case .view(let name), .value(let name): "An object, ``\(name)``"
    case .list(.scalar(.string)), .list(.scalar(.quantity)): "A list of texts"
    case .list(.scalar(.int32)), .list(.scalar(.int64)): "A list of integers"
    case .list(.view(let name)), .list(.value(let name)): "A list of ``\(name)``"
    case .list: "A list"
    case .map(.scalar(.string)): "Texts by key"
    case .map(.scalar(.quantity)): "Quantities, as text, by key"
    case .map(.scalar(.bytes)): "Bytes, in Base64 on the wire, by key"
    case .map(.view(let name)), .map(.value(let name)): "Objects, ``\(name)``, by key"
    case .map: "Values by key"
    }
  }

  private var documentation: String {
    var text = words.map { $0.hasSuffix(".") ? String($0.dropLast()) : $0 } ?? noun(value)
    if words == nil, let values = field.values {
      let words = values.map { $0.isEmpty ? "empty" : "`\($0)`" }
      text += ": " + words.dropLast().map { $0 + ", " }.joined()
      if words.count > 1 { text = String(text.dropLast(2)) + " or " }
      text += words.last ?? ""
    }
    for attribute in field.attributes {
      switch attribute {
      case .listMap where words != nil, .set where words != nil: continue
      case .listMap(let keys): text += ", keyed by " + keys.map { "`\($0)`" }.joined(separator: " and ")
      case .set: text += ", each once"
      case .secret: text += ", never shown"
      default: continue
      }
    }
    switch field.defaultValue {
    case .value(let value): text += "; default " + Property.words(value)
    case .ifSibling(let sibling, let values, let value):
      text += "; default \(Property.words(value)) where `\(sibling)` is "
      text += values.map { "`\($0)`" }.joined(separator: " or ")
    case .copy(let sibling): text += "; default that of `\(sibling)`"
    case .imagePullPolicy: text += "; the default follows from the image's tag"
    case nil: break
    }
    if field.attributes.contains(.immutable) { text += "; it can't be changed" }
    return text + "."
  }

  private static func words(_ value: JSONValue) -> String {
    if value == "" { return "empty" }
    return "`\(value.string ?? value.description)`"
  }
}
