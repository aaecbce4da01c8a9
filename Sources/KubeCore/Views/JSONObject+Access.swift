// The accessors of views. A getter of a member that is absent, null or of a wrong type returns
// `nil`, or an empty list or map; setting `nil`, an empty list or an empty map removes the member.
extension JSONObject {
  /// The text of a member.
  public func string(_ key: String) -> String? { self[key]?.string }

  /// The truth value of a member.
  public func bool(_ key: String) -> Bool? { self[key]?.bool }

  /// The integer of a member.
  public func int32(_ key: String) -> Int32? { int64(key).flatMap { Int32(exactly: $0) } }

  /// The integer of a member.
  public func int64(_ key: String) -> Int64? {
    guard case .number(let number)? = self[key] else { return nil }
    return number.wholeInt64
  }

  /// The number of a member.
  public func double(_ key: String) -> Double? {
    guard case .number(let number)? = self[key] else { return nil }
    return number.double
  }

  /// The time of a member.
  public func time(_ key: String) -> Date? {
    string(key).flatMap { Timestamp(rfc3339: $0) }?.date
  }

  /// The bytes of a member in Base64.
  public func bytes(_ key: String) -> [UInt8]? { string(key).flatMap { Base64.decode($0) } }

  /// The text of a quantity, also where it is written as a number.
  public func quantity(_ key: String) -> String? { self[key]?.quantityText }

  /// The number or text of a member.
  public func intOrString(_ key: String) -> IntOrString? { value(key) }

  /// The value of a member, unless it is null.
  public func any(_ key: String) -> JSONValue? { self[key].flatMap { $0.isNull ? nil : $0 } }

  /// The texts of a list.
  public func strings(_ key: String) -> [String] { self[key]?.array?.compactMap(\.string) ?? [] }

  /// The entries of a map of texts; one that is null is empty, and a concealed one left out.
  public func stringMap(_ key: String) -> [String: String] {
    guard let members = self[key]?.object else { return [:] }
    var result = [String: String](minimumCapacity: members.count)
    for member in members { result[member.key] = member.value.isNull ? "" : member.value.string }
    return result
  }

  /// The entries of a map of quantities, as text.
  public func quantityMap(_ key: String) -> [String: String] {
    var result: [String: String] = [:]
    for member in self[key]?.object ?? [:] { result[member.key] = member.value.quantityText }
    return result
  }

  /// The entries of a map of bytes in Base64.
  public func bytesMap(_ key: String) -> [String: [UInt8]] {
    var result: [String: [UInt8]] = [:]
    for member in self[key]?.object ?? [:] {
      result[member.key] = member.value.string.flatMap { Base64.decode($0) }
    }
    return result
  }

  /// The entries of a map of confidential bytes in Base64.
  public func secretMap(_ key: String) -> [String: SecretBytes] {
    var result: [String: SecretBytes] = [:]
    for member in self[key]?.object ?? [:] {
      result[member.key] = try? FieldReader(member.value).secretBase64()
    }
    return result
  }

  /// The entries of a map of confidential texts.
  public func secretTextMap(_ key: String) -> [String: SecretBytes] {
    var result: [String: SecretBytes] = [:]
    for member in self[key]?.object ?? [:] {
      switch member.value {
      case .secret(let text): result[member.key] = text
      case .string(let text): result[member.key] = SecretBytes(utf8: text)
      default: continue
      }
    }
    return result
  }

  /// The entries of a map of lists of texts.
  public func stringsMap(_ key: String) -> [String: [String]] {
    var result: [String: [String]] = [:]
    for member in self[key]?.object ?? [:] { result[member.key] = member.value.array?.compactMap(\.string) }
    return result
  }

  /// The entries of a map of times.
  public func timeMap(_ key: String) -> [String: Date] {
    stringMap(key).compactMapValues { Timestamp(rfc3339: $0)?.date }
  }

  /// The entries of a map of values.
  @inlinable public func valueMap<Value: JSONConvertible>(_ key: String) -> [String: Value] {
    var result: [String: Value] = [:]
    for member in self[key]?.object ?? [:] {
      result[member.key] = try? Value(from: FieldReader(member.value))
    }
    return result
  }

  /// A view over a member.
  @inlinable public func view<View: JSONView>(_ key: String) -> View? {
    guard case .object(let members)? = self[key] else { return nil }
    return View(unchecked: members)
  }

  /// Views over the elements of a list.
  @inlinable public func views<View: JSONView>(_ key: String) -> [View] {
    guard case .array(let elements)? = self[key] else { return [] }
    var result: [View] = []
    result.reserveCapacity(elements.count)
    for element in elements { result.append(View(unchecked: element.object ?? [:])) }
    return result
  }

  /// Views over the entries of a map.
  @inlinable public func viewMap<View: JSONView>(_ key: String) -> [String: View] {
    var result: [String: View] = [:]
    for member in self[key]?.object ?? [:] {
      result[member.key] = View(unchecked: member.value.object ?? [:])
    }
    return result
  }

  /// The value of a member.
  @inlinable public func value<Value: JSONConvertible>(_ key: String) -> Value? {
    guard let value = self[key], !value.isNull else { return nil }
    return try? Value(from: FieldReader(value))
  }

  /// The values of the elements of a list.
  @inlinable public func values<Value: JSONConvertible>(_ key: String) -> [Value] {
    self[key]?.array?.compactMap { try? Value(from: FieldReader($0)) } ?? []
  }
}

extension JSONObject {
  /// Sets a member, or removes it.
  public mutating func set(_ key: String, _ value: (some JSONConvertible)?) { self[key] = value?.json }

  /// Sets a list, or removes it where it is empty.
  public mutating func set(_ key: String, _ values: [some JSONConvertible]) {
    self[key] = values.jsonUnlessEmpty
  }

  /// Sets a map, or removes it where it is empty.
  public mutating func set(_ key: String, _ values: [String: some JSONConvertible]) {
    self[key] = values.jsonUnlessEmpty
  }

  /// Sets a member object, or removes it where it is empty.
  public mutating func setUnlessEmpty(_ key: String, _ view: some JSONView) {
    self[key] = view.fields.isEmpty ? nil : .object(view.fields)
  }

  /// Sets a required list, which is present even where it is empty.
  public mutating func setRequired(_ key: String, _ values: [some JSONConvertible]) {
    self[key] = values.json
  }

  /// Sets a number with a fraction, or removes it.
  public mutating func setDouble(_ key: String, _ value: Double?) {
    self[key] = value.flatMap { JSONNumber(text: String($0)) }.map { .number($0) }
  }

  /// Sets a time of whole seconds, or removes it.
  public mutating func setTime(_ key: String, _ value: Date?) {
    self[key] = value.map { Timestamp($0).json }
  }

  /// Sets a time of microseconds, or removes it.
  public mutating func setMicroTime(_ key: String, _ value: Date?) {
    self[key] = value.map { .string(Timestamp($0).microseconds) }
  }

  /// Sets a map of times of whole seconds, or removes it where it is empty.
  public mutating func setTimeMap(_ key: String, _ values: [String: Date]) {
    set(key, values.mapValues { Timestamp($0) })
  }

  /// Sets bytes, in Base64, or removes them.
  public mutating func setBytes(_ key: String, _ value: [UInt8]?) {
    self[key] = value.map { .string(Base64.encode($0)) }
  }

  /// Sets a map of bytes, in Base64, or removes it where it is empty.
  public mutating func setBytesMap(_ key: String, _ values: [String: [UInt8]]) {
    set(key, values.mapValues { JSONValue.string(Base64.encode($0)) })
  }

  /// Sets a map of confidential bytes, concealed and in Base64, or removes it where it is empty.
  public mutating func setSecretMap(_ key: String, _ values: [String: SecretBytes]) {
    set(key, values.mapValues { JSONValue.secret(Base64.encode($0)) })
  }

  /// Sets a map of confidential texts, concealed, or removes it where it is empty.
  public mutating func setSecretTextMap(_ key: String, _ values: [String: SecretBytes]) {
    set(key, values.mapValues { JSONValue.secret($0) })
  }

  /// Sets a map of lists of texts, or removes it where it is empty.
  public mutating func setStringsMap(_ key: String, _ values: [String: [String]]) {
    set(key, values.mapValues(\.json))
  }
}

extension JSONValue {
  /// The text of a quantity, also where it is written as a number.
  fileprivate var quantityText: String? {
    if case .number(let number) = self { return number.text }
    return string
  }
}
