extension CELEvaluation {
  /// The value with the opposite sign.
  func negated(_ value: CELValue) throws(CELError) -> CELValue {
    switch value {
    case .int(let number):
      guard number != .min else { throw .integerOverflow }
      return .int(-number)
    case .double(let number): return .double(-number)
    case .duration(let nanoseconds):
      guard nanoseconds != .min else { throw .durationOverflow }
      return .duration(-nanoseconds)
    default: throw .noOverload
    }
  }

  /// The result of `+`, `-`, `*`, `/` or `%`; an overflow is an error.
  mutating func arithmetic(_ op: CELExpression.Operator, left: CELValue, right: CELValue)
    throws(CELError) -> CELValue
  {
    switch (left, right) {
    case (.int(let a), .int(let b)):
      return .int(try integer(op, left: a, right: b, overflow: .integerOverflow))
    case (.uint(let a), .uint(let b)):
      return .uint(try integer(op, left: a, right: b, overflow: .unsignedOverflow))
    case (.double(let a), .double(let b)): return .double(try double(op, left: a, right: b))
    case (.duration, _), (.timestamp, _): return try time(op, left: left, right: right)
    default: break
    }
    guard op == .plus else { throw .noOverload }
    switch (left, right) {
    case (.string(let a), .string(let b)):
      try charge((a.utf8.count + b.utf8.count) / 10)
      return .string(a + b)
    case (.bytes(let a), .bytes(let b)):
      try charge((a.count + b.count) / 10)
      return .bytes(a + b)
    case (.list(let a), .list(let b)):
      let pairs = a.elements.count.multipliedReportingOverflow(by: b.elements.count)
      try charge(
        a.kind == .atomic ? a.elements.count + b.elements.count : pairs.overflow ? .max : pairs.partialValue)
      return .list(a.appending(b))
    default: throw .noOverload
    }
  }

  private func integer<Number: FixedWidthInteger>(
    _ op: CELExpression.Operator, left: Number, right: Number, overflow: CELError
  ) throws(CELError) -> Number {
    let result: (partialValue: Number, overflow: Bool)
    switch op {
    case .plus: result = left.addingReportingOverflow(right)
    case .minus: result = left.subtractingReportingOverflow(right)
    case .times: result = left.multipliedReportingOverflow(by: right)
    case .divided:
      guard right != 0 else { throw .divisionByZero }
      result = left.dividedReportingOverflow(by: right)
    case .remainder:
      guard right != 0 else { throw .modulusByZero }
      result = left.remainderReportingOverflow(dividingBy: right)
    default: throw .noOverload
    }
    guard !result.overflow else { throw overflow }
    return result.partialValue
  }

  private func double(_ op: CELExpression.Operator, left: Double, right: Double) throws(CELError)
    -> Double
  {
    switch op {
    case .plus: return left + right
    case .minus: return left - right
    case .times: return left * right
    case .divided: return left / right
    default: throw .noOverload
    }
  }

  private func time(_ op: CELExpression.Operator, left: CELValue, right: CELValue) throws(CELError)
    -> CELValue
  {
    switch (op, left, right) {
    case (.plus, .duration(let a), .duration(let b)):
      return .duration(try integer(op, left: a, right: b, overflow: .durationOverflow))
    case (.minus, .duration(let a), .duration(let b)):
      return .duration(try integer(op, left: a, right: b, overflow: .durationOverflow))
    case (.plus, .duration(let duration), .timestamp(let time)),
      (.plus, .timestamp(let time), .duration(let duration)):
      return try CELEvaluation.moved(time, by: duration)
    case (.minus, .timestamp(let time), .duration(let duration)):
      guard duration != .min else { throw .timestampOverflow }
      return try CELEvaluation.moved(time, by: -duration)
    case (.minus, .timestamp(let a), .timestamp(let b)):
      let (seconds, overflow) = (a.seconds - b.seconds).multipliedReportingOverflow(by: CELTimestamp.second)
      let (sum, carry) = seconds.addingReportingOverflow(a.nanoseconds - b.nanoseconds)
      guard !overflow, !carry else { throw .durationOverflow }
      return .duration(sum)
    default: throw .noOverload
    }
  }

  private static func moved(_ time: CELTimestamp, by nanoseconds: Int64) throws(CELError) -> CELValue {
    let (whole, rest) = nanoseconds.quotientAndRemainder(dividingBy: CELTimestamp.second)
    guard
      let moved = CELTimestamp(seconds: time.seconds + whole, nanoseconds: time.nanoseconds + rest)
    else { throw .timestampOverflow }
    return .timestamp(moved)
  }
}
