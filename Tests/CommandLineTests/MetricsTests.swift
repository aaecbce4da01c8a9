import Foundation
import GatewayManager
import GatewayReconcile
import KubeCore
import KubeMemory
import KubeRuntime
import Logging
import Synchronization
import Testing

@testable import gateway_manager

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// The metrics and the log of the running manager.
@Suite(.serialized, .timeLimit(.minutes(5))) struct MetricsTests {
  /// Below Linux's default range of the ports that the system chooses by itself.
  private static let ports = 10_000..<32_768
  private static let nextPort = Mutex(Int.random(in: ports))

  /// A port that is free, and that neither another call nor the system chooses.
  static func freePort() throws -> Int {
    for _ in ports {
      let port = nextPort.withLock { next in
        defer { next = ports.contains(next + 1) ? next + 1 : ports.lowerBound }
        return next
      }
      if try isFree(port) { return port }
    }
    throw CocoaError(.featureUnsupported)
  }

  private static func isFree(_ port: Int) throws -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    address.sin_port = in_port_t(port).bigEndian
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }

  /// The answer of a path; `nil` while nothing listens.
  private static func get(_ port: Int, _ path: String) async throws -> (status: Int, text: String)? {
    let url = try #require(URL(string: "http://127.0.0.1:\(port)\(path)"))
    var request = URLRequest(url: url)
    request.setValue("close", forHTTPHeaderField: "Connection")
    guard let (data, response) = try? await URLSession.shared.data(for: request) else { return nil }
    return ((response as? HTTPURLResponse)?.statusCode ?? 0, String(decoding: data, as: UTF8.self))
  }

  /// Names and labels of the series in Prometheus' text format, by family.
  private static func families(_ text: String) -> [String: (kind: String, labels: Set<String>, hasHelp: Bool)]
  {
    var families: [String: (kind: String, labels: Set<String>, hasHelp: Bool)] = [:]
    var helped: Set<String> = []
    var family = ""
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ", maxSplits: 3).map(String.init)
      if line.hasPrefix("# HELP "), words.count == 4 {
        helped.insert(words[2])
      } else if line.hasPrefix("# TYPE "), words.count == 4 {
        family = words[2]
        families[family] = (words[3], [], helped.contains(family))
      } else {
        let labels = line.matches(of: /([a-z_]+)="(?:[^"\\]|\\.)*"/).map { String($0.1) }
        families[family]?.labels.formUnion(labels.filter { $0 != "le" })
      }
    }
    return families
  }

  /// The metrics that appear only after a failure.
  private static let onTrouble: Set<String> = ["gateway_rights_missing", "rest_client_request_retries_total"]

  @Test func `what is exported is what the documents describe`() async throws {
    try await TestHub.open(try TestHub.server(clusters: ["one"])) { hub in
      try await hub.withOthers {
        let (metrics, probes) = (try Self.freePort(), try Self.freePort())
        let program = try Program([
          "run", "--kubeconfig", try hub.kubeconfig(), "--log-format", "json",
          "--metrics-bind-address", "127.0.0.1:\(metrics)", "--health-probe-bind-address",
          "127.0.0.1:\(probes)",
        ])
        var text = ""
        while program.isRunning,
          !text.contains("gateway_clusters{condition=\"ManifestApplied\",status=\"True\"} 1.0")
            || !text.contains("gateway_findings{")
        {
          try await Task.sleep(for: .milliseconds(50))
          text = try await Self.get(metrics, "/metrics")?.text ?? ""
        }
        #expect(program.isRunning, "\(program.errors.suffix(2000))")
        let known = Dictionary(GatewayMetrics.descriptions.map { ($0.name, $0) }) { first, _ in first }
        let exported = Self.families(text)
        for (name, family) in exported where name != "metrics_dropped_series_total" {
          let description = try #require(known[name], "\(name) is not described")
          #expect(family.kind == description.kind.rawValue && family.hasHelp, "\(name)")
          if !family.labels.isEmpty || description.labels.isEmpty {
            #expect(family.labels == Set(description.labels), "\(name)")
          }
        }
        #expect(Set(known.keys).subtracting(exported.keys).subtracting(Self.onTrouble) == [])
        // Each port serves its own, and nothing else.
        #expect(try await Self.get(probes, "/livez")?.status == 200)
        #expect(try await Self.get(probes, "/readyz")?.status == 200)
        #expect(try await Self.get(probes, "/metrics")?.status == 404)
        #expect(try await Self.get(metrics, "/readyz")?.status == 404)
        program.send(SIGTERM)
        let ending = await program.wait()
        #expect(ending.code == 0, "\(ending.errors.suffix(2000))")
        for line in ending.errors.split(separator: "\n") {
          let entry = try JSONParser().parse(String(line))
          #expect(entry["level"]?.string != nil && entry["msg"]?.string != nil && entry["ts"]?.string != nil)
        }
      }
    }
  }

  @Test func `a process without leader election counts as the leader`() async throws {
    try await TestHub.open(try TestHub.server(clusters: [])) { hub in
      let metrics = try Self.freePort()
      let program = try Program([
        "run", "--no-leader-elect", "--kubeconfig", try hub.kubeconfig(), "--metrics-bind-address",
        "127.0.0.1:\(metrics)", "--health-probe-bind-address", "0",
      ])
      var text = ""
      while program.isRunning, !text.contains("gateway_findings{") {
        try await Task.sleep(for: .milliseconds(50))
        text = try await Self.get(metrics, "/metrics")?.text ?? ""
      }
      #expect(program.isRunning, "\(program.errors.suffix(2000))")
      #expect(text.contains("\nleader_election_master_status{name=\"cluster-gateway-manager\"} 1.0\n"))
      program.send(SIGTERM)
      #expect(await program.wait().code == 0)
    }
  }

  @Test func `docs/metrics.md has a row for each metric`() throws {
    let rows = GatewayMetrics.descriptions.sorted { $0.name < $1.name }.map { metric in
      let labels = metric.labels.map { "`\($0)`" }.joined(separator: ", ")
      let help = metric.help.replacingOccurrences(of: "<error>", with: "`<error>`")
      return "| `\(metric.name)` | \(metric.kind.rawValue) | \(labels) | \(help) |"
    }
    let documented = try Repository.text("docs/metrics.md").split(separator: "\n").filter {
      $0.hasPrefix("| `")
    }
    #expect(documented.map(String.init) == rows)
  }

  @Test func `a log event is one line of JSON`() throws {
    var event = LogEvent(
      level: .error, message: "two\nlines",
      metadata: ["msg": "x", "list": ["a", "\"b\""], "map": ["k": "v"]],
      source: "s", file: "f", function: "f", line: 1)
    event.metadata?["number"] = .stringConvertible(7)
    let line = JSONLogHandler.line(
      of: event, label: "gateway-manager", metadata: ["list": ["old"], "kept": "y"],
      at: Date(timeIntervalSince1970: 1_800_000_000))
    #expect(!line.contains("\n"))
    #expect(
      try JSONParser().parse(line) == [
        "level": "error", "ts": "2027-01-15T08:00:00.000000Z", "logger": "gateway-manager",
        "msg": "two\nlines",
        "_msg": "x", "list": ["a", "\"b\""], "map": ["k": "v"], "kept": "y", "number": "7",
      ])
  }

  @Test(arguments: [
    (":48080", ListenAddress.at(host: ListenAddress.anyHost, port: 48080)),
    ("127.0.0.1:1", .at(host: "127.0.0.1", port: 1)),
    ("[::1]:65535", .at(host: "::1", port: 65535)), ("localhost:80", .at(host: "localhost", port: 80)),
    ("0", .none),
  ]) func `addresses to listen on are written as Go programs have them`(text: String, address: ListenAddress)
  {
    #expect(ListenAddress(argument: text) == address)
  }

  @Test(arguments: ["", "48080", ":0", ":65536", ":x", "a b:1", "::1:80", "host:", "host"])
  func `what is no address is refused`(text: String) {
    #expect(ListenAddress(argument: text) == nil)
  }
}
