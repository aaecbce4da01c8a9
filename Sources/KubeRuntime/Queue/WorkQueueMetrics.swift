import CoreMetrics
import Metrics

/// The metrics of a ``WorkQueue`` with a name.
struct WorkQueueMetrics: Sendable {
  enum Result: String, CaseIterable {
    case success, error
    case requeueAfter = "requeue_after"
  }

  private let depth: Gauge
  private let activeWorkers: Meter
  private let additions: Counter
  private let retries: Counter
  private let errors: Counter
  private let terminalErrors: Counter
  private let workers: Gauge
  private let unfinished: Gauge
  private let longest: Gauge
  private let results: [Result: Counter]
  private let waiting: Timer
  private let working: Timer
  private let reconciling: Timer

  init(name: String, factory: (any MetricsFactory)?) {
    let factory = factory ?? MetricsSystem.factory
    let queue = [("name", name)]
    let controller = [("controller", name)]
    depth = Gauge(label: "workqueue_depth", dimensions: queue, factory: factory)
    additions = Counter(label: "workqueue_adds_total", dimensions: queue, factory: factory)
    retries = Counter(label: "workqueue_retries_total", dimensions: queue, factory: factory)
    unfinished = Gauge(label: "workqueue_unfinished_work_seconds", dimensions: queue, factory: factory)
    longest = Gauge(label: "workqueue_longest_running_processor_seconds", dimensions: queue, factory: factory)
    workers = Gauge(
      label: "controller_runtime_max_concurrent_reconciles", dimensions: controller, factory: factory)
    waiting = Timer(label: "workqueue_queue_duration_seconds", dimensions: queue, factory: factory)
    working = Timer(label: "workqueue_work_duration_seconds", dimensions: queue, factory: factory)
    activeWorkers = Meter(
      label: "controller_runtime_active_workers", dimensions: controller, factory: factory)
    errors = Counter(
      label: "controller_runtime_reconcile_errors_total", dimensions: controller, factory: factory)
    terminalErrors = Counter(
      label: "controller_runtime_terminal_reconcile_errors_total", dimensions: controller, factory: factory)
    results = Dictionary(
      uniqueKeysWithValues: Result.allCases.map { result in
        let dimensions = controller + [("result", result.rawValue)]
        return (
          result,
          Counter(label: "controller_runtime_reconcile_total", dimensions: dimensions, factory: factory)
        )
      })
    reconciling = Timer(
      label: "controller_runtime_reconcile_time_seconds", dimensions: controller, factory: factory)
  }

  func record(additions count: Int, depth: Int) {
    if count > 0 { additions.increment(by: count) }
    self.depth.record(depth)
  }

  func record(workers count: Int) { workers.record(count) }

  /// Records how long unfinished work has taken: in sum, and the longest.
  func recordUnfinished(_ durations: [Duration]) {
    unfinished.record(durations.reduce(.zero, +) / .seconds(1))
    longest.record((durations.max() ?? .zero) / .seconds(1))
  }

  func recordRetry() { retries.increment() }

  func recordStart(waited: Duration) {
    waiting.record(duration: waited)
    activeWorkers.increment()
  }

  func recordEnd(took: Duration) {
    working.record(duration: took)
    reconciling.record(duration: took)
    activeWorkers.decrement()
  }

  func record(_ result: Result, isTerminal: Bool = false) {
    results[result]?.increment()
    if result == .error { errors.increment() }
    if isTerminal { terminalErrors.increment() }
  }
}
