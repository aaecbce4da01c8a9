/// How long things take to be seen.
struct DemoPace {
  /// Whether it is shown on a terminal, for the eye.
  let isLive: Bool
  /// Between two moves of the stand-ins.
  let tick: Duration
  /// Between two clusters that join.
  let betweenClusters: Duration
  /// Between two acts.
  let betweenActs: Duration

  init(isLive: Bool, clusters: Int) {
    self.isLive = isLive
    tick = isLive ? .milliseconds(60) : .milliseconds(2)
    betweenClusters = isLive ? .milliseconds(max(40, min(500, 1800 / clusters))) : .zero
    betweenActs = isLive ? .milliseconds(700) : .zero
  }
}
