public import Metrics
import Synchronization

/// A collector of swift-metrics' measurements that exports them in Prometheus' text format (version
/// 0.0.4).
///
/// Recorders that aggregate, and timers (in seconds), become histograms. A ``MetricDescription``
/// gives a metric its `# HELP` line and a histogram its buckets. The number of series is bounded:
/// more aren't collected, but counted in `metrics_dropped_series_total`.
public final class PrometheusMetrics: MetricsFactory, Sendable {
  /// The upper bounds of the buckets of histograms without a description; in seconds for timers.
  public static let buckets: [Double] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

  private struct Series: Hashable {
    var name: String
    var labels: String
  }

  private struct State {
    var series: [Series: Metric] = [:]
    var dropped = 0
  }

  private let maximumSeries: Int
  private let descriptions: [String: MetricDescription]
  private let state = Mutex(State())

  /// Creates an empty collector.
  ///
  /// - Parameters:
  ///   - maximumSeries: The maximum number of series.
  ///   - descriptions: The descriptions of metrics; of two with the same name the last one is used.
  public init(maximumSeries: Int = 10_000, descriptions: [MetricDescription] = MetricDescription.library) {
    self.maximumSeries = maximumSeries
    self.descriptions = Dictionary((descriptions + [Self.droppedSeries]).map { ($0.name, $0) }) { $1 }
  }

  /// The number of series that weren't collected.
  static let droppedSeries = MetricDescription.counter(
    "metrics_dropped_series_total", help: "Series that were not collected, as there were too many.")

  /// All metrics in Prometheus' text format, with the described ones of the process.
  public var text: String {
    let (series, dropped) = state.withLock { ($0.series, $0.dropped) }
    var families: [String: (kind: MetricDescription.Kind, samples: String)] = [:]
    for (key, metric) in series.sorted(by: { ($0.key.name, $0.key.labels) < ($1.key.name, $1.key.labels) }) {
      metric.write(key.name, key.labels, to: &families[key.name, default: (metric.kind, "")].samples)
    }
    var values = ProcessMetrics.values.filter { descriptions[$0.key] != nil }
    values[Self.droppedSeries.name] = Double(dropped)
    for (name, value) in values where families[name] == nil {
      families[name] = (descriptions[name]?.kind ?? .gauge, "\(name) \(value)\n")
    }
    var text = ""
    for (name, family) in families.sorted(by: { $0.key < $1.key }) {
      if let help = descriptions[name]?.help {
        text += "# HELP \(name) \(Self.escaped(help, quotes: false))\n"
      }
      text += "# TYPE \(name) \(family.kind.rawValue)\n" + family.samples
    }
    return text
  }

  private func metric(_ label: String, _ dimensions: [(String, String)], kind: MetricDescription.Kind)
    -> Metric
  {
    let labels = dimensions.sorted { $0 < $1 }
      .map { "\(Self.name($0.0))=\"\(Self.escaped($0.1))\"" }.joined(separator: ",")
    let key = Series(name: Self.name(label), labels: labels)
    return state.withLock { state in
      // A name has one type: a series of another type is kept apart, uncollected.
      if let known = state.series[key] { return known.kind == kind ? known : Metric(kind) }
      guard state.series.count < maximumSeries else {
        state.dropped += 1
        return Metric(kind)
      }
      let description = descriptions[key.name]
      let metric = Metric(kind, buckets: description?.kind == .histogram ? description?.buckets : nil)
      state.series[key] = metric
      return metric
    }
  }

  /// The name with each character that Prometheus doesn't allow replaced by an underscore.
  private static func name(_ text: String) -> String {
    func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
    func isAllowed(_ byte: UInt8) -> Bool {
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || isDigit(byte)
        || byte == UInt8(ascii: "_")
    }
    let begin = text.utf8.first.map { isDigit($0) ? "_" : "" } ?? "_"
    // Nearly all names: a series is looked up by its name at each measurement.
    if begin.isEmpty, text.utf8.allSatisfy(isAllowed) { return text }
    let scalars = text.unicodeScalars.map { scalar in
      UInt8(exactly: scalar.value).map(isAllowed) ?? false ? scalar : "_"
    }
    return begin + String(String.UnicodeScalarView(scalars))
  }

  private static func escaped(_ text: String, quotes: Bool = true) -> String {
    guard text.utf8.contains(where: { "\\\"\n".utf8.contains($0) }) else { return text }
    var escaped = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": escaped.append(contentsOf: ["\\", "\\"])
      case "\"" where quotes: escaped.append(contentsOf: ["\\", "\""])
      case "\n": escaped.append(contentsOf: ["\\", "n"])
      default: escaped.append(scalar)
      }
    }
    return String(escaped)
  }

  // MARK: MetricsFactory

  /// Returns the handler of a counter's series.
  public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    metric(label, dimensions, kind: .counter)
  }
  /// Returns the handler of a counter's series.
  public func makeFloatingPointCounter(
    label: String, dimensions: [(String, String)]
  ) -> any FloatingPointCounterHandler {
    metric(label, dimensions, kind: .counter)
  }
  /// Returns the handler of a gauge's series.
  public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
    metric(label, dimensions, kind: .gauge)
  }
  /// Returns the handler of a histogram's series, or of a gauge's unless `aggregate`.
  public func makeRecorder(
    label: String, dimensions: [(String, String)], aggregate: Bool
  ) -> any RecorderHandler {
    metric(label, dimensions, kind: aggregate ? .histogram : .gauge)
  }
  /// Returns the handler of a histogram's series, in seconds.
  public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    metric(label, dimensions, kind: .histogram)
  }
  /// Does nothing: a series is kept for the life of the process.
  public func destroyCounter(_ handler: any CounterHandler) {}
  /// Does nothing: a series is kept for the life of the process.
  public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
  /// Does nothing: a series is kept for the life of the process.
  public func destroyMeter(_ handler: any MeterHandler) {}
  /// Does nothing: a series is kept for the life of the process.
  public func destroyRecorder(_ handler: any RecorderHandler) {}
  /// Does nothing: a series is kept for the life of the process.
  public func destroyTimer(_ handler: any TimerHandler) {}
}

/// One series.
private final class Metric: CounterHandler, FloatingPointCounterHandler, MeterHandler, RecorderHandler,
  TimerHandler, Sendable
{
  typealias Kind = MetricDescription.Kind

  struct Values {
    var value: Double = 0
    var count = 0
    /// The number of observations in each bucket alone.
    var buckets: [Int] = []
  }

  let kind: Kind
  private let bounds: [Double]
  private let values = Mutex(Values())

  init(_ kind: Kind, buckets: [Double]? = nil) {
    self.kind = kind
    bounds = buckets ?? PrometheusMetrics.buckets
  }

  func increment(by amount: Int64) { values.withLock { $0.value += Double(amount) } }
  func increment(by amount: Double) { values.withLock { $0.value += max(0, amount) } }
  func decrement(by amount: Double) { values.withLock { $0.value -= amount } }
  func reset() { values.withLock { $0 = Values() } }
  func set(_ value: Int64) { values.withLock { $0.value = Double(value) } }
  func set(_ value: Double) { values.withLock { $0.value = value } }
  func record(_ value: Int64) { record(Double(value)) }
  func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }

  func record(_ value: Double) {
    values.withLock { values in
      guard kind == .histogram else {
        values.value = value
        return
      }
      if values.buckets.isEmpty { values.buckets = bounds.map { _ in 0 } }
      values.value += value
      values.count += 1
      if let index = bounds.firstIndex(where: { value <= $0 }) {
        values.buckets[index] += 1
      }
    }
  }

  func write(_ name: String, _ labels: String, to text: inout String) {
    let values = values.withLock { $0 }
    let suffix = labels.isEmpty ? "" : "{\(labels)}"
    guard kind == .histogram else {
      text += "\(name)\(suffix) \(values.value)\n"
      return
    }
    let lead = labels.isEmpty ? "" : labels + ","
    var sum = 0
    for (bound, count) in zip(bounds, values.buckets) {
      sum += count
      text += "\(name)_bucket{\(lead)le=\"\(bound)\"} \(sum)\n"
    }
    text += "\(name)_bucket{\(lead)le=\"+Inf\"} \(values.count)\n"
    text += "\(name)_sum\(suffix) \(values.value)\n\(name)_count\(suffix) \(values.count)\n"
  }
}
