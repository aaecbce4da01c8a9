public import KubeCore

extension ClusterGatewayConfiguration {
  /// How the managed clusters are asked through the gateway whether they answer.
  public struct Health: JSONConvertible {
    /// How long after an answer a cluster is asked again, as Go writes durations.
    public var interval: String?
    /// How long a cluster may take to answer, as Go writes durations.
    public var timeout: String?
    /// How many attempts in a row must fail before the cluster's add-on is not available.
    public var failureThreshold: Int32?
    /// How many clusters are asked at a time.
    public var concurrency: Int32?

    /// A value of the given fields.
    public init(
      interval: String? = nil, timeout: String? = nil, failureThreshold: Int32? = nil,
      concurrency: Int32? = nil
    ) {
      self.interval = interval
      self.timeout = timeout
      self.failureThreshold = failureThreshold
      self.concurrency = concurrency
    }

    /// Reads the fields; throws at the first one that is missing or of a wrong type.
    public init(from reader: FieldReader) throws(FieldError) {
      try reader.requireObject()
      interval = try reader["interval"].optional()
      timeout = try reader["timeout"].optional()
      failureThreshold = try reader["failureThreshold"].optional()
      concurrency = try reader["concurrency"].optional()
    }

    /// The value as JSON; absent fields are left out.
    public var json: JSONValue {
      .fields([
        "interval": interval?.json,
        "timeout": timeout?.json,
        "failureThreshold": failureThreshold?.json,
        "concurrency": concurrency?.json,
      ])
    }

    /// `interval` read; the default where nothing readable is there.
    public var intervalDuration: GoDuration { Health.read(interval, default: Defaults.probeInterval) }

    /// `timeout` read; the default where nothing readable is there.
    public var timeoutDuration: GoDuration { Health.read(timeout, default: Defaults.probeTimeout) }

    private static func read(_ text: String?, default fallback: GoDuration) -> GoDuration {
      text.flatMap { GoDuration($0) } ?? fallback
    }

    /// The shortest and the longest interval.
    static let intervals = GoDuration(seconds: 10)...GoDuration(seconds: 3600)
    /// The shortest and the longest timeout.
    static let timeouts = GoDuration(seconds: 1)...GoDuration(seconds: 60)
    /// The lowest and the highest failure threshold.
    static let thresholds: ClosedRange<Int32> = 1...20
    /// The fewest and the most clusters that are asked at a time.
    static let concurrencies: ClosedRange<Int32> = 1...1024
  }

  static var healthSchema: JSONValue {
    func number(_ description: String, in range: ClosedRange<Int32>, default value: Int32) -> JSONValue {
      [
        "type": "integer", "format": "int32", "minimum": .integer(range.lowerBound),
        "maximum": .integer(range.upperBound), "default": .integer(value),
        "description": .string(description),
      ]
    }
    func range(_ field: String, _ range: ClosedRange<GoDuration>) -> JSONValue {
      Schema.rule(
        "duration(self.\(field)) >= duration('\(range.lowerBound)') && duration(self.\(field)) <= duration('\(range.upperBound)')",
        "\(field) must be from \(range.lowerBound) to \(range.upperBound)")
    }
    return Schema.object(
      "How the clusters are asked through the gateway whether they answer.",
      rules: [
        range("interval", Health.intervals),
        range("timeout", Health.timeouts),
        Schema.rule(
          "duration(self.timeout) <= duration(self.interval)", "timeout must not be longer than interval"),
      ],
      [
        "interval": Schema.duration(
          "How long after an answer a cluster is asked again.",
          default: Defaults.probeInterval.description),
        "timeout": Schema.duration(
          "How long a cluster may take to answer.", default: Defaults.probeTimeout.description),
        "failureThreshold": number(
          "How many attempts in a row must fail before the cluster's add-on is not available.",
          in: Health.thresholds, default: Defaults.probeFailureThreshold),
        "concurrency": number(
          "How many clusters are asked at a time.", in: Health.concurrencies,
          default: Defaults.probeConcurrency),
      ])
  }
}

extension Problems {
  mutating func health(_ health: ClusterGatewayConfiguration.Health, at path: FieldPath) {
    typealias Health = ClusterGatewayConfiguration.Health
    number(health.failureThreshold, in: Health.thresholds, at: path.field("failureThreshold"))
    number(health.concurrency, in: Health.concurrencies, at: path.field("concurrency"))
    let interval = duration(health.interval, at: path.field("interval"))
    let timeout = duration(health.timeout, at: path.field("timeout"))
    guard interval, timeout else { return }
    range(health.intervalDuration, in: Health.intervals, at: path.field("interval"))
    range(health.timeoutDuration, in: Health.timeouts, at: path.field("timeout"))
    if health.timeoutDuration > health.intervalDuration {
      add(
        path.field("timeout"), "\(health.timeoutDuration) is longer than the interval",
        "use at most \(health.intervalDuration)")
    }
  }

  private mutating func range(_ value: GoDuration, in range: ClosedRange<GoDuration>, at path: FieldPath) {
    guard !range.contains(value) else { return }
    add(path, "\(value) is out of range", "use a duration from \(range.lowerBound) to \(range.upperBound)")
  }
}
