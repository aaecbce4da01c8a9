import Hummingbird
public import KubeCore
public import KubeRuntime
public import Logging
public import ServiceLifecycle

/// Serves probes to the kubelet, metrics to Prometheus and the state to people over plain HTTP.
///
/// Both on one port or, with two servers, on two. What it serves holds no secrets, and it takes nothing:
/// requests' bodies are not read.
public struct ProbeServer: Service {
  private let host: String
  private let port: Int
  private let probes: Probes?
  private let metrics: (@Sendable () -> String)?
  private let debugState: (@Sendable () -> JSONValue)?
  private let logger: Logger
  private let onListening: @Sendable (Int?) async -> Void

  /// A server; nothing is served before `run`.
  ///
  /// - Parameters:
  ///   - host: The address to listen on; `0.0.0.0` for all.
  ///   - port: The port; 0 for any free one.
  ///   - probes: What `/livez`, `/healthz` and `/readyz` answer; `nil` for none of them.
  ///   - metrics: What `/metrics` answers, in Prometheus' text format; `nil` for not at all.
  ///   - debugState: What `/debug/state` answers, such as ``DebuggableService/debugState``; `nil` for not at all.
  ///   - logger: Logs that the server listens.
  ///   - onListening: Called with the port once it is open.
  public init(
    host: String = "0.0.0.0", port: Int, probes: Probes? = nil, metrics: (@Sendable () -> String)? = nil,
    debugState: (@Sendable () -> JSONValue)? = nil, logger: Logger,
    onListening: @escaping @Sendable (Int?) async -> Void = { _ in }
  ) {
    self.host = host
    self.port = port
    self.probes = probes
    self.metrics = metrics
    self.debugState = debugState
    self.logger = logger
    self.onListening = onListening
  }

  /// Serves until the task is cancelled or a graceful shutdown begins; throws where the port can't be had.
  public func run() async throws {
    let router = Router()
    if let probes {
      for path in ["/livez", "/healthz", "/readyz"] {
        router.get(RouterPath(path)) { request, _ -> Response in
          let isVerbose = request.uri.queryParameters["verbose"] != nil
          let answer = await probes.answer(path: path, isVerbose: isVerbose)
          return Self.response(answer?.status ?? 404, answer?.text ?? "")
        }
      }
    }
    if let metrics {
      router.get("/metrics") { _, _ -> Response in
        Self.response(200, metrics(), contentType: "text/plain; version=0.0.4; charset=utf-8")
      }
    }
    if let debugState {
      router.get("/debug/state") { _, _ -> Response in
        Self.response(
          200, JSONWriter(style: .pretty).text(debugState()) + "\n", contentType: "application/json")
      }
    }
    let onListening = onListening
    let application = Application(
      router: router, configuration: .init(address: .hostname(host, port: port)),
      onServerRunning: { channel in await onListening(channel.localAddress?.port) }, logger: logger)
    try await application.run()
  }

  private static func response(
    _ status: Int, _ text: String, contentType: String = "text/plain; charset=utf-8"
  ) -> Response {
    Response(
      status: HTTPResponse.Status(code: status), headers: [.contentType: contentType],
      body: Hummingbird.ResponseBody(byteBuffer: ByteBuffer(string: text)))
  }
}
