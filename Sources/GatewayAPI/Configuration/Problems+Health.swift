import KubeCore

extension Problems {
  mutating func health(_ health: ClusterGatewayConfiguration.Health, at path: FieldPath) {
    typealias Health = ClusterGatewayConfiguration.Health
    number(health.failureThreshold, in: Health.failureThresholdBounds, at: path.field("failureThreshold"))
    number(health.concurrency, in: Health.concurrencyBounds, at: path.field("concurrency"))
    let interval = duration(health.interval, at: path.field("interval"))
    let timeout = duration(health.timeout, at: path.field("timeout"))
    guard interval, timeout else { return }
    range(health.intervalDuration, in: Health.intervals, at: path.field("interval"))
    range(health.timeoutDuration, in: Health.timeouts, at: path.field("timeout"))
    if health.timeoutDuration > health.intervalDuration {
      add(
        path.field("timeout"), problem: "\(health.timeoutDuration) is longer than the interval",
        remedy: "use at most \(health.intervalDuration)")
    }
  }

  private mutating func range(_ value: GoDuration, in range: ClosedRange<GoDuration>, at path: FieldPath) {
    guard !range.contains(value) else { return }
    add(
      path, problem: "\(value) is out of range",
      remedy: "use a duration from \(range.lowerBound) to \(range.upperBound)")
  }
}
