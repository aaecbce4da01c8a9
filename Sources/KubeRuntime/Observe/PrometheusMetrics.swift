public import Metrics
import Synchronization

/// Collects swift-metrics' measurements, and writes them out in Prometheus' text format (version 0.0.4).
///
/// Counters and gauges are what they are; recorders that aggregate, and timers (in seconds), become histograms. A
/// ``MetricDescription`` gives a metric its `# HELP` line and a histogram its buckets. The number of series is bounded:
/// what comes beyond is not collected, and counted in `metrics_dropped_series_total`.
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

  /// An empty collection.
  ///
  /// - Parameters:
  ///   - maximumSeries: How many series are collected at most.
  ///   - descriptions: What is known of metrics by name; of two with the same name the last one.
  public init(maximumSeries: Int = 10_000, descriptions: [MetricDescription] = MetricDescription.library) {
    self.maximumSeries = maximumSeries
    self.descriptions = Dictionary((descriptions + [Self.droppedSeries]).map { ($0.name, $0) }) { $1 }
  }

  /// Series that were not collected.
  static let droppedSeries = MetricDescription.counter(
    "metrics_dropped_series_total", help: "Series that were not collected, as there were too many.")

  /// All metrics, in Prometheus' text format, with those of the process where they are described.
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

  private func metric(_ label: String, _ dimensions: [(String, String)], _ kind: MetricDescription.Kind)
    -> Metric
  {
    let labels = dimensions.sorted { $0 < $1 }
      .map { "\(Self.name($0.0))=\"\(Self.escaped($0.1))\"" }.joined(separator: ",")
    let key = Series(name: Self.name(label), labels: labels)
    return state.withLock { state in
      // One name has one type: what claims another is kept apart, uncollected.
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

  /// The name with everything that Prometheus doesn't allow replaced by an underscore.
  private static func name(_ text: String) -> String {
    var name = ""
    for scalar in text.unicodeScalars {
      let isAllowed =
        scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || scalar == "_")
      name.unicodeScalars.append(isAllowed ? scalar : "_")
    }
    return name.first?.isNumber ?? true ? "_" + name : name
  }

  private static func escaped(_ text: String, quotes: Bool = true) -> String {
    var escaped = ""
    for character in text {
      switch character {
      case "\\": escaped += "\\\\"
      case "\"" where quotes: escaped += "\\\""
      case "\n": escaped += "\\n"
      default: escaped.append(character)
      }
    }
    return escaped
  }

  // MARK: MetricsFactory

  /// See `MetricsFactory`.
  public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    metric(label, dimensions, .counter)
  }
  /// See `MetricsFactory`.
  public func makeFloatingPointCounter(
    label: String, dimensions: [(String, String)]
  ) -> any FloatingPointCounterHandler {
    metric(label, dimensions, .counter)
  }
  /// See `MetricsFactory`.
  public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
    metric(label, dimensions, .gauge)
  }
  /// See `MetricsFactory`.
  public func makeRecorder(
    label: String, dimensions: [(String, String)], aggregate: Bool
  ) -> any RecorderHandler {
    metric(label, dimensions, aggregate ? .histogram : .gauge)
  }
  /// See `MetricsFactory`.
  public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    metric(label, dimensions, .histogram)
  }
  /// A series stays once it was there.
  public func destroyCounter(_ handler: any CounterHandler) {}
  /// A series stays once it was there.
  public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
  /// A series stays once it was there.
  public func destroyMeter(_ handler: any MeterHandler) {}
  /// A series stays once it was there.
  public func destroyRecorder(_ handler: any RecorderHandler) {}
  /// A series stays once it was there.
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
    /// How many fell into each bucket alone.
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
