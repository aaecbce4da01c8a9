/// The text of a quantity, which a document may also give as a plain number (`cpu: 2`).
struct QuantityText: JSONConvertible {
  var text: String

  init(from reader: FieldReader) throws(FieldError) {
    if case .number(let number) = reader.value {
      text = number.text
    } else {
      text = try reader.string()
    }
  }

  var json: JSONValue { .string(text) }
}
