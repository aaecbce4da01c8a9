/// The name and meaning of a metric and, for a histogram, its buckets.
public struct MetricDescription: Sendable, Hashable {
  /// The type in Prometheus' text format.
  public enum Kind: String, Sendable, Hashable {
    /// A number that only grows.
    case counter
    /// A number that goes up and down.
    case gauge
    /// The number of observations in each bucket, and their sum.
    case histogram
  }

  /// The name, with its unit.
  public var name: String
  /// The type.
  public var kind: Kind
  /// The names of its labels, sorted.
  public var labels: [String]
  /// The meaning, as one sentence.
  public var help: String
  /// The upper bounds of a histogram's buckets, in its unit.
  public var buckets: [Double]

  /// Creates the description of a counter.
  public static func counter(_ name: String, labels: [String] = [], help: String) -> MetricDescription {
    MetricDescription(name: name, kind: .counter, labels: labels.sorted(), help: help, buckets: [])
  }

  /// Creates the description of a gauge.
  public static func gauge(_ name: String, labels: [String] = [], help: String) -> MetricDescription {
    MetricDescription(name: name, kind: .gauge, labels: labels.sorted(), help: help, buckets: [])
  }

  /// Creates the description of a histogram.
  public static func histogram(
    _ name: String, labels: [String] = [], buckets: [Double], help: String
  ) -> MetricDescription {
    MetricDescription(
      name: name, kind: .histogram, labels: labels.sorted(), help: help, buckets: buckets.sorted())
  }

  /// The metrics that a program on this library exports: of its work queues, controllers, requests,
  /// leader election and, on Linux, its process. Names, labels and buckets are those of
  /// controller-runtime and client-go.
  public static let library: [MetricDescription] =
    queues + controllers + requests + [election] + ProcessMetrics.descriptions

  /// The buckets from 10 ns to 1,000 s of client-go's work queues.
  private static let wide: [Double] = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10, 100, 1000]

  private static let queues: [MetricDescription] = [
    .gauge("workqueue_depth", labels: ["name"], help: "Keys that wait to be worked on."),
    .counter("workqueue_adds_total", labels: ["name"], help: "Keys that were added to the queue."),
    .counter(
      "workqueue_retries_total", labels: ["name"], help: "Keys that were added again after a failure."),
    .histogram(
      "workqueue_queue_duration_seconds", labels: ["name"], buckets: wide,
      help: "How long a key waited in the queue."),
    .histogram(
      "workqueue_work_duration_seconds", labels: ["name"], buckets: wide,
      help: "How long the work on a key took."
    ),
    .gauge(
      "workqueue_unfinished_work_seconds", labels: ["name"],
      help:
        "The sum of how long unfinished work has taken so far; one that only grows means stuck workers."
    ),
    .gauge(
      "workqueue_longest_running_processor_seconds", labels: ["name"],
      help: "How long the longest unfinished work has taken so far."),
  ]

  private static let controllers: [MetricDescription] = [
    .gauge(
      "controller_runtime_active_workers", labels: ["controller"], help: "Keys that are being worked on."),
    .gauge(
      "controller_runtime_max_concurrent_reconciles", labels: ["controller"],
      help: "How many keys are worked on at a time at most."),
    .counter(
      "controller_runtime_reconcile_total", labels: ["controller", "result"],
      help: "Reconciliations by result: success, requeue_after or error."),
    .counter(
      "controller_runtime_reconcile_errors_total", labels: ["controller"],
      help: "Reconciliations that failed."),
    .counter(
      "controller_runtime_terminal_reconcile_errors_total", labels: ["controller"],
      help: "Reconciliations that failed and are not tried again before something changes."),
    .histogram(
      "controller_runtime_reconcile_time_seconds", labels: ["controller"],
      buckets: [
        0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1,
        1.25, 1.5,
        1.75, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60,
      ], help: "How long a reconciliation took."),
  ]

  private static let requests: [MetricDescription] = [
    .counter(
      "rest_client_requests_total", labels: ["code", "method", "host"],
      help: "Requests to the API server by HTTP status, <error> where there was no response."),
    .histogram(
      "rest_client_request_duration_seconds", labels: ["verb", "host"],
      buckets: [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60],
      help: "The time until the head of the API server's response."),
    .counter(
      "rest_client_request_retries_total", labels: ["code", "verb", "host"],
      help: "Requests that were sent again, by the HTTP status before, <error> where there was no response."),
  ]

  private static let election = MetricDescription.gauge(
    "leader_election_master_status", labels: ["name"],
    help: "1 while this process holds the Lease, 0 otherwise.")
}
