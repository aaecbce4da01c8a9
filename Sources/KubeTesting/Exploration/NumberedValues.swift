/// A table of distinct values, numbered from 0 in the order of their addition.
package struct NumberedValues<Value: Hashable> {
  package private(set) var values: [Value] = []
  private var numbers: [Value: Int32] = [:]

  package init() {}

  package subscript(number: Int32) -> Value { values[Int(number)] }

  /// Returns the number of a value, which is added if it is new.
  package mutating func number(of value: Value) -> Int32 {
    if let known = numbers[value] { return known }
    let number = Int32(values.count)
    values.append(value)
    numbers[value] = number
    return number
  }
}
