import Metrics
import Testing

@testable import KubeRuntime

@Suite struct ObserveTests {
  struct Other: Error { let secret = "hunter2" }

  @Test func probesAnswerOnTheirPaths() async {
    let store = ObjectStore()
    let probes = Probes(
      liveness: [.init("ping") {}], readiness: [.init("ping") {}, .synced("secrets", store)])
    #expect(await probes.answer(path: "/healthz") == .init(status: 200, text: "ok"))
    #expect(await probes.answer(path: "/livez", isVerbose: true)?.text == "[+]ping ok\nok\n")
    #expect(await probes.answer(path: "/metrics") == nil)
    let notYet = await probes.answer(path: "/readyz")
    #expect(notYet?.status == 503)
    #expect(notYet?.text == "[+]ping ok\n[-]secrets failed: the first list hasn't come\nfailed\n")
    store.replace(with: [])
    #expect(await probes.answer(path: "/readyz") == .init(status: 200, text: "ok"))
  }

  @Test func aProbeShowsNothingOfErrorsThatItDoesNotKnow() async {
    let probes = Probes(liveness: [.init("x") { throw Other() }])
    #expect(await probes.answer(path: "/livez")?.text == "[-]x failed: see the log\nfailed\n")
  }

  @Test func metricsComeInPrometheusText() {
    let metrics = PrometheusMetrics()
    let dimensions = [("name", "a\"b\\c\n")]
    Counter(label: "reconcile.total", dimensions: [("result", "ok"), ("controller", "x")], factory: metrics)
      .increment(by: 3)
    Gauge(label: "depth", dimensions: dimensions, factory: metrics).record(7)
    let timer = Timer(label: "work_duration_seconds", factory: metrics)
    timer.recordMilliseconds(20)
    timer.recordSeconds(100)
    let lines = metrics.text.split(separator: "\n").map(String.init)
    #expect(lines.contains("reconcile_total{controller=\"x\",result=\"ok\"} 3.0"))
    #expect(lines.contains("depth{name=\"a\\\"b\\\\c\\n\"} 7.0"))
    #expect(lines.contains("# TYPE work_duration_seconds histogram"))
    #expect(lines.contains("work_duration_seconds_bucket{le=\"0.01\"} 0"))
    #expect(lines.contains("work_duration_seconds_bucket{le=\"0.025\"} 1"))
    #expect(lines.contains("work_duration_seconds_bucket{le=\"60.0\"} 1"))
    #expect(lines.contains("work_duration_seconds_bucket{le=\"+Inf\"} 2"))
    #expect(lines.contains("work_duration_seconds_count 2"))
  }

  @Test func theNumberOfSeriesIsBounded() {
    let metrics = PrometheusMetrics(maximumSeries: 2)
    for number in 0..<5 { Counter(label: "c\(number)", factory: metrics).increment() }
    #expect(metrics.text.contains("metrics_dropped_series_total 3"))
    #expect(!metrics.text.contains("c4"))
  }
}
