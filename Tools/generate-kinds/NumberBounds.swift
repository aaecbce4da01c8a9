import KubeCore

/// The least and the greatest integer that a schema allows; at least one of them.
struct NumberBounds {
  private let least: Int64?
  private let greatest: Int64?

  /// The bounds in a schema; `nil` where it has none that limit its type, or none that a number
  /// meets.
  init?(_ schema: JSONValue) {
    guard schema["type"] == "integer" else { return nil }
    let range = schema["format"] == "int32" ? Int64(Int32.min)...Int64(Int32.max) : Int64.min...Int64.max
    func bound(_ name: String, exclusive: String, step: Int64) -> Int64? {
      guard let value = schema[name]?.int64 else { return nil }
      guard schema[exclusive]?.bool == true else { return value }
      let (inner, overflow) = value.addingReportingOverflow(step)
      return overflow ? nil : inner
    }
    let least = bound("minimum", exclusive: "exclusiveMinimum", step: 1)
    let greatest = bound("maximum", exclusive: "exclusiveMaximum", step: -1)
    // A bound beyond the type's range limits nothing.
    self.least = least.flatMap { $0 < range.lowerBound ? nil : $0 }
    self.greatest = greatest.flatMap { $0 > range.upperBound ? nil : $0 }
    guard self.least != nil || self.greatest != nil, (self.least ?? range.lowerBound) <= range.upperBound,
      (self.greatest ?? range.upperBound) >= range.lowerBound,
      (self.least ?? range.lowerBound) <= (self.greatest ?? range.upperBound)
    else { return nil }
  }

  /// The documentation, the type and the value of their declaration for numbers of a type.
  func declaration(of name: String, type: String) -> (documentation: String, type: String, value: String) {
    switch (least, greatest) {
    case (let least?, let greatest?):
      (
        "The least and the greatest ``\(name)``.", "ClosedRange<\(type)>",
        "\(Self.grouped(least))...\(Self.grouped(greatest))"
      )
    case (let least?, nil):
      ("The least ``\(name)``.", "PartialRangeFrom<\(type)>", "\(Self.operand(least))...")
    case (nil, let greatest):
      ("The greatest ``\(name)``.", "PartialRangeThrough<\(type)>", "...\(Self.operand(greatest ?? .max))")
    }
  }

  /// A number beside a unary operator.
  private static func operand(_ number: Int64) -> String {
    number < 0 ? "(\(grouped(number)))" : grouped(number)
  }

  private static func grouped(_ number: Int64) -> String {
    let digits = String(number.magnitude)
    guard digits.count > 4 else { return "\(number)" }
    let groups = stride(from: digits.count % 3, through: digits.count, by: 3).map { digits.prefix($0) }
    let text = zip([""] + groups, groups).map { $1.dropFirst($0.count) }.filter { !$0.isEmpty }
    return (number < 0 ? "-" : "") + text.joined(separator: "_")
  }
}
