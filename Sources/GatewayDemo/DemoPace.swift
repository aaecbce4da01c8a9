/// The waits that make the demo watchable.
struct DemoPace {
  /// Whether the demo runs on a terminal.
  let isLive: Bool
  /// The wait between two steps of the simulated controllers.
  let tick: Duration
  /// The wait between two clusters that join.
  let betweenClusters: Duration
  /// The wait between two acts.
  let betweenActs: Duration

  init(isLive: Bool, clusters: Int) {
    self.isLive = isLive
    tick = isLive ? .milliseconds(60) : .milliseconds(2)
    betweenClusters = isLive ? .milliseconds(max(40, min(500, 1800 / clusters))) : .zero
    betweenActs = isLive ? .milliseconds(700) : .zero
  }
}
