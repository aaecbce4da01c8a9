import Metrics
import Testing

import struct Foundation.Date

@testable import KubeRuntime

@Suite struct ObserveTests {
  struct Other: Error { let secret = "hunter2" }

  @Test func `probes answer on their paths`() async {
    let store = ObjectStore()
    let probes = Probes(
      liveness: [.init("ping") {}], readiness: [.init("ping") {}, .synced("secrets", store)])
    #expect(await probes.answer(path: "/healthz") == .init(status: 200, text: "ok"))
    #expect(await probes.answer(path: "/livez", isVerbose: true)?.text == "[+]ping ok\nok\n")
    #expect(await probes.answer(path: "/metrics") == nil)
    let notYet = await probes.answer(path: "/readyz")
    #expect(notYet?.status == 503)
    #expect(notYet?.text == "[+]ping ok\n[-]secrets failed: the first list isn't complete\nfailed\n")
    store.replace(with: [])
    #expect(await probes.answer(path: "/readyz") == .init(status: 200, text: "ok"))
  }

  @Test func `a probe doesn't show the message of an unknown error`() async {
    let probes = Probes(liveness: [.init("x") { throw Other() }])
    #expect(await probes.answer(path: "/livez")?.text == "[-]x failed: see the log\nfailed\n")
  }

  @Test func `metrics are exported in Prometheus' text format`() {
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

  @Test func `a label's line feeds and quotes are escaped, whatever stands beside them`() {
    let metrics = PrometheusMetrics()
    Counter(label: "a", dimensions: [("name", "x\r\ny\"\u{301}\\\u{301}")], factory: metrics).increment()
    let lines = metrics.text.unicodeScalars.split(separator: "\n").map { String($0) }
    #expect(lines.contains("a{name=\"x\r\\ny\\\"\u{301}\\\\\u{301}\"} 1.0"))
  }

  @Test func `the number of series is bounded`() {
    let metrics = PrometheusMetrics(maximumSeries: 2)
    for number in 0..<5 { Counter(label: "c\(number)", factory: metrics).increment() }
    #expect(metrics.text.contains("metrics_dropped_series_total 3"))
    #expect(!metrics.text.contains("c4"))
  }

  @Test func `a described metric has its help and its buckets`() {
    let metrics = PrometheusMetrics(descriptions: [
      .histogram("work_seconds", buckets: [10, 1], help: "How long \\ work\ntook."),
      .counter("never_total", help: "Never."),
    ])
    Timer(label: "work_seconds", factory: metrics).recordSeconds(5)
    Gauge(label: "other", factory: metrics).record(1)
    #expect(
      metrics.text == """
        # HELP metrics_dropped_series_total Series that were not collected, as there were too many.
        # TYPE metrics_dropped_series_total counter
        metrics_dropped_series_total 0.0
        # TYPE other gauge
        other 1.0
        # HELP work_seconds How long \\\\ work\\ntook.
        # TYPE work_seconds histogram
        work_seconds_bucket{le="1.0"} 0
        work_seconds_bucket{le="10.0"} 1
        work_seconds_bucket{le="+Inf"} 1
        work_seconds_sum 5.0
        work_seconds_count 1

        """)
  }

  #if os(Linux)
    @Test func `the process is measured as the kernel has it`() throws {
      let values = ProcessMetrics.values
      #expect(Set(values.keys) == Set(ProcessMetrics.descriptions.map(\.name)))
      let now = Date().timeIntervalSince1970
      let start = try #require(values["process_start_time_seconds"])
      #expect(start <= now + 1 && start > now - 86_400)
      #expect(try #require(values["process_resident_memory_bytes"]) > 1_000_000)
      #expect(try #require(values["process_open_fds"]) >= 3)
      #expect(
        PrometheusMetrics().text.contains(
          "# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total "))
    }
  #endif

  @Test func `a program's name holds spaces and parentheses`() {
    let line = "7 (a) b) (c) S 1 7 7 0 -1 4 1 2 3 4 150 50 0 0 20 0 5 0 1234 4096 3 18446744073709551615 1"
    #expect(
      ProcessMetrics.statFields(line)
        == .init(userTicks: 150, systemTicks: 50, startTicks: 1234, virtualBytes: 4096, residentPages: 3))
    #expect(ProcessMetrics.statFields("7 (a) S 1") == nil)
    #expect(
      ProcessMetrics.maximumDescriptors(
        "Limit  Soft\nMax open files            1024                 524288     files\n")
        == 1024)
    #expect(
      ProcessMetrics.maximumDescriptors("Max open files            unlimited            unlimited  files\n")
        == nil)
    #expect(ProcessMetrics.bootTime("cpu 1\nbtime 1700000000\n") == 1_700_000_000)
  }
}
