/// Distinct values as numbers: equal values have the same one, and the first has 0.
package struct NumberedValues<Value: Hashable> {
  package private(set) var values: [Value] = []
  private var numbers: [Value: Int32] = [:]

  package init() {}

  package subscript(number: Int32) -> Value { values[Int(number)] }

  /// The number of a value, which is added where it is new.
  package mutating func number(of value: Value) -> Int32 {
    if let known = numbers[value] { return known }
    let number = Int32(values.count)
    values.append(value)
    numbers[value] = number
    return number
  }
}
