import KubeCore

/// SplitMix64: a random number generator with the same numbers for a seed on every machine.
package struct SeededGenerator: RandomNumberGenerator {
  package let seed: UInt64
  private var state: UInt64

  package init(seed: UInt64) {
    self.seed = seed
    state = seed
  }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// True once in `times`.
  package mutating func once(in times: Int) -> Bool { Int.random(in: 0..<times, using: &self) == 0 }

  package mutating func pick<Value>(_ values: [Value]) -> Value {
    values[Int.random(in: 0..<values.count, using: &self)]
  }
}

/// The number and the seeds of the states on which the properties are tested.
package enum States {
  /// The environment's `GATEWAY_STATES`: the number for each property; by default as many as a
  /// debug build tests in seconds.
  package static var count: Int { number("GATEWAY_STATES") ?? 12 }
  /// The environment's `GATEWAY_SEED`: the first seed. To repeat a failure, its seed with one
  /// state.
  package static var first: UInt64 { UInt64(number("GATEWAY_SEED") ?? 1) }
  /// The seeds of the states.
  package static var seeds: Range<UInt64> { first..<(first + UInt64(count)) }

  private static func number(_ name: String) -> Int? {
    ProcessInfo.processInfo.environment[name].flatMap { Int($0) }
  }
}
