import HTTPTypes
import KubeCore
import KubeMemory
import KubeTransport
import Logging
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(10))) struct WarningTests {
  /// The warnings that a transport reports for `values`, one response after another.
  func warnings(_ values: [[String]], remembered: Int = 1000) async throws -> [String] {
    let seen = Mutex<[String]>([])
    let script = ScriptedTransport(
      values.map { values in
        { @Sendable _ in
          var headers: HTTPFields = [.contentType: "application/json"]
          for value in values {
            if let name = HTTPField.Name("Warning") { headers.append(HTTPField(name: name, value: value)) }
          }
          return KubeResponse(status: .ok, headers: headers)
        }
      })
    let transport = WarningTransport(script, maximumRemembered: remembered) { warning, _ in
      seen.withLock { $0.append(warning.text) }
    }
    for _ in values { _ = try await transport.send(KubeRequest.raw(path: "/x")) }
    return seen.withLock { $0 }
  }

  @Test(arguments: [
    (#"299 - "v1beta1 is deprecated""#, ["v1beta1 is deprecated"]),
    (#"299 - "say \"hi\" and \\""#, [#"say "hi" and \"#]),
    (#"299 - "one", 299 host:80 "two""#, ["one", "two"]),
    (#"299 - "dated" "Sun, 06 Nov 1994 08:49:37 GMT", 299 - "next""#, ["dated", "next"]),
    (#"299  -  "spaces""#, ["spaces"]), (#"299 - "a, b""#, ["a, b"]),
    // Not an API server's.
    (#"110 proxy "Response is stale""#, []), (#"199 - "odd", 299 - "even""#, ["even"]),
    // No warnings.
    ("", []), ("299", []), ("299 -", []), ("299 - text", []), (#"299 - "no end"#, []), (#"299 - "x\"#, []),
    (#"99 - "short""#, []), (#"2999 - "long""#, []), (#"299 "no agent""#, []), (#"299 - """#, []),
    (#"299 - "good" garbage, 299 - "after""#, ["good"]), (#",,, 299 - "late""#, ["late"]),
    ("299 - \"line\u{85}feed\u{1b}[31m\"", ["line feed [31m"]),
  ])
  func `a header's warnings are read`(_ value: String, _ expected: [String]) async throws {
    #expect(try await warnings([[value]]) == expected)
  }

  @Test func `each distinct warning is passed on once`() async throws {
    let (a, b) = (#"299 - "a""#, #"299 - "b""#)
    #expect(try await warnings([[a], [a, b], [b, a]]) == ["a", "b"])
  }

  @Test func `what is remembered and read is bounded`() async throws {
    let many = (0..<5).map { [#"299 - "w\#($0)""#] }
    #expect(
      try await warnings(many + [many[4], many[0]], remembered: 3) == ["w0", "w1", "w2", "w3", "w4", "w0"])
    let long = #"299 - "\#(String(repeating: "x", count: 100_000))""#
    #expect(try await warnings([[long]]).map(\.count) == [1024])
    let crowd = (0..<1000).map { #"299 - "c\#($0)""# }.joined(separator: ", ")
    #expect(try await warnings([[crowd]]).count == 100)
  }

  @Test func `warnings are logged with their request, and the response passes on`() async throws {
    let recorder = LogRecorder()
    let logger = Logger(label: "test", factory: { _ in LogRecorder.Handler(recorder: recorder) })
    let cluster = InMemoryCluster()
    let client = KubeClient(WarningTransport(cluster, logger: logger), fieldManager: "me")
    let key = ObjectKey(configMaps, namespace: "default", name: "a")
    for name in ["a", "b"] {
      let request = KubeRequest.create(
        ObjectKey(configMaps, namespace: "default", name: name),
        ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": .string(name)], "unknown": 1],
        options: WriteOptions(fieldValidation: .warn))
      #expect(try await client.object(request)?.metadata.name == name)
    }
    _ = try await client.get(key)
    #expect(recorder.lines.count == 1)
    #expect(recorder.lines.first?.contains(#"unknown field "unknown""#) == true)
    #expect(recorder.lines.first?.contains("POST /api/v1/namespaces/default/configmaps") == true)
  }
}

/// Keeps messages and their metadata.
final class LogRecorder: Sendable {
  private let state = Mutex<[String]>([])
  var lines: [String] { state.withLock { $0 } }

  func record(_ line: String) { state.withLock { $0.append(line) } }

  struct Handler: LogHandler {
    let recorder: LogRecorder
    var logLevel = Logger.Level.trace
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      recorder.record("\(event.level): \(event.message) \(event.metadata ?? [:])")
    }
  }
}
