import Foundation

/// A benchmark's result and its target.
struct Measurement: Codable {
  /// The bound of a result.
  enum Target: Codable {
    case atLeast(Double)
    case atMost(Double)
  }

  var name: String
  var unit: String
  var median: Double
  /// The result of the fastest run, which other load on the machine affected least.
  var best: Double
  var target: Target?

  var verdict: String {
    switch target {
    case nil: ""
    case .atLeast(let value): "≥ \(Measurement.text(value)) \(best >= value ? "✓" : "✗")"
    case .atMost(let value): "≤ \(Measurement.text(value)) \(best <= value ? "✓" : "✗")"
    }
  }

  static func text(_ value: Double) -> String {
    let digits = value >= 100 ? 0 : value >= 10 ? 1 : value >= 0.1 ? 2 : 4
    return String(format: "%.\(digits)f", value)
  }
}

/// Runs benchmarks whose names contain one of the given words, and collects their results.
@MainActor
final class Harness {
  let words: [String]
  let runs: Int
  private(set) var measurements: [Measurement] = []

  init(words: [String], runs: Int) {
    self.words = words
    self.runs = runs
  }

  func isWanted(_ group: String) -> Bool { words.isEmpty || words.contains { group.contains($0) } }

  /// Measures the rate of `body`, which processes `amount`, in `amount` per second.
  func rate(
    _ name: String, unit: String, amount: Double, target: Measurement.Target? = nil,
    _ body: () async throws -> Void
  ) async rethrows {
    let times = try await times(body)
    record(name, unit: unit, figures: times.map { amount / $0 }.sorted(by: >), target: target)
  }

  /// Measures the duration of `body`, in seconds times `scale` and divided by `count`, the number
  /// of its repetitions.
  func time(
    _ name: String, unit: String, scale: Double, count: Int = 1, target: Measurement.Target? = nil,
    _ body: () async throws -> Void
  ) async rethrows {
    let times = try await times(body)
    record(
      name, unit: unit, figures: times.map { $0 * scale / Double(count) }.sorted(), target: target)
  }

  /// Records a result that was measured otherwise.
  func figure(_ name: String, unit: String, value: Double, target: Measurement.Target? = nil) {
    record(name, unit: unit, figures: [value], target: target)
  }

  private func times(_ body: () async throws -> Void) async rethrows -> [Double] {
    try await body()
    var times: [Double] = []
    for _ in 0..<runs {
      // The process's own time on a core: whatever else the machine does counts little.
      let start = clock()
      try await body()
      times.append(Double(clock() - start) / Double(CLOCKS_PER_SEC))
    }
    return times
  }

  /// Records the results of a benchmark's runs, the best one first.
  private func record(_ name: String, unit: String, figures: [Double], target: Measurement.Target?) {
    let measurement = Measurement(
      name: name, unit: unit, median: figures[figures.count / 2], best: figures[0], target: target)
    measurements.append(measurement)
    let figures = "\(Measurement.text(measurement.median)) | \(Measurement.text(measurement.best))"
    // Unbuffered, so that a long run can be followed through a pipe.
    FileHandle.standardOutput.write(
      Data("| \(name) | \(figures) | \(unit) | \(measurement.verdict) |\n".utf8))
  }
}

/// Keeps the optimizer from removing the computation of `value`.
@inline(never)
func consume<Value>(_ value: Value) {}
