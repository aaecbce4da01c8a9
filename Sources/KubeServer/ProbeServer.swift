import Hummingbird
public import KubeCore
public import KubeRuntime
public import Logging
public import ServiceLifecycle

/// A service that serves probes to the kubelet, metrics to Prometheus and the debug state to people
/// over plain HTTP.
///
/// Probes and metrics share one port or, with two servers, have two. Responses hold no secrets, and
/// requests' bodies aren't read.
public struct ProbeServer: Service {
  private let host: String
  private let port: Int
  private let probes: Probes?
  private let metrics: (@Sendable () -> String)?
  private let debugState: (@Sendable () -> JSONValue)?
  private let logger: Logger
  private let onListening: @Sendable (Int?) async -> Void

  /// Creates a server; nothing is served before ``run()``.
  ///
  /// - Parameters:
  ///   - host: The address to listen on; `0.0.0.0` for all.
  ///   - port: The port; 0 for any free one.
  ///   - probes: The checks of `/livez`, `/healthz` and `/readyz`; `nil` for none of them.
  ///   - metrics: The answer of `/metrics`, in Prometheus' text format; `nil` for not at all.
  ///   - debugState: The answer of `/debug/state`, such as `DebuggableService.debugState`; `nil`
  ///     for not at all.
  ///   - logger: Logs the listening address.
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

  /// Serves until the task is cancelled or a graceful shutdown begins. Throws if the port can't be
  /// opened.
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
