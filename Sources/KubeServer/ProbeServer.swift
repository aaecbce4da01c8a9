import Hummingbird
import HummingbirdCore
public import KubeCore
public import KubeRuntime
public import Logging
import NIOCore
public import ServiceLifecycle

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A service that serves probes to the kubelet, metrics to Prometheus and the debug state to people
/// over plain HTTP or, with ``Security``, over TLS to those who may read them.
///
/// Probes and metrics share one port or, with two servers, have two. Responses hold no secrets, and
/// requests' bodies aren't read. A connection that is idle for 90 seconds is closed; beyond 512
/// open ones others wait.
public struct ProbeServer: Service {
  /// The failure to listen at the server's address.
  public struct ListenFailure: Error, Hashable, CustomStringConvertible {
    /// The address and the port.
    public let address: String
    /// The system's reason.
    public let reason: String
    /// The remedy, for people.
    public let remedy: String

    init(_ error: IOError, host: String, port: Int) {
      address = "\(host.contains(":") ? "[\(host)]" : host):\(port)"
      reason = String(cString: strerror(error.errnoCode))
      remedy =
        switch error.errnoCode {
        case EADDRINUSE:
          "end the program that listens there (`ss -ltnp sport = :\(port)` names it), or use another port"
        case EACCES: "use a port from 1024 on"
        default: "use an address of this machine, or 0.0.0.0 for all"
        }
    }

    /// The address, the reason and the remedy.
    public var description: String { "can't listen on \(address): \(reason); \(remedy)" }
  }

  /// TLS, and who may get metrics and the debug state; probes need no token, but the kubelet must
  /// then be configured for the scheme `HTTPS`.
  ///
  /// A request without a token that the API server knows is answered with 401, one without the
  /// right with 403, and one that can't be reviewed with 500.
  public struct Security: Sendable {
    /// The server's certificate, which is read again every ``reloadInterval``.
    public var certificate: ServingCertificate
    /// The decision on each request, by the path that is requested.
    public var access: AccessReview
    /// The time between two readings of the certificate's files.
    public var reloadInterval: Duration

    /// Creates the security of a server.
    public init(
      certificate: ServingCertificate, access: AccessReview, reloadInterval: Duration = .seconds(10)
    ) {
      self.certificate = certificate
      self.access = access
      self.reloadInterval = reloadInterval
    }
  }

  private let host: String
  private let port: Int
  private let probes: Probes?
  private let metrics: (@Sendable () -> String)?
  private let debugState: (@Sendable () -> JSONValue)?
  private let security: Security?
  private let logger: Logger
  private let onListening: @Sendable (Int?) async -> Void
  /// The maximum time for which a connection may be idle, as Go's controller-runtime has it.
  var idleTimeout: Duration = .seconds(90)
  /// The number of open connections from which on others wait to be accepted.
  var maximumConnections = 512

  /// Creates a server; nothing is served before ``run()``.
  ///
  /// - Parameters:
  ///   - host: The address to listen on; `0.0.0.0` for all.
  ///   - port: The port; 0 for any free one.
  ///   - probes: The checks of `/livez`, `/healthz` and `/readyz`; `nil` for none of them.
  ///   - metrics: The answer of `/metrics`, in Prometheus' text format; `nil` for not at all.
  ///   - debugState: The answer of `/debug/state`, such as `DebuggableService.debugState`; `nil`
  ///     for not at all.
  ///   - security: TLS and the readers of metrics and debug state; `nil` for plain HTTP and anyone.
  ///   - logger: Logs the listening address; it never gets tokens.
  ///   - onListening: Called with the port once it is open.
  public init(
    host: String = "0.0.0.0", port: Int, probes: Probes? = nil, metrics: (@Sendable () -> String)? = nil,
    debugState: (@Sendable () -> JSONValue)? = nil, security: Security? = nil, logger: Logger,
    onListening: @escaping @Sendable (Int?) async -> Void = { _ in }
  ) {
    self.host = host
    self.port = port
    self.probes = probes
    self.metrics = metrics
    self.debugState = debugState
    self.security = security
    self.logger = logger
    self.onListening = onListening
  }

  /// Serves until the task is cancelled or a graceful shutdown begins. Throws a ``ListenFailure``
  /// if the port can't be opened.
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
      restrictedGet("/metrics", on: router) {
        Self.response(200, metrics(), contentType: "text/plain; version=0.0.4; charset=utf-8")
      }
    }
    if let debugState {
      restrictedGet("/debug/state", on: router) {
        Self.response(
          200, JSONWriter(style: .pretty).text(debugState()) + "\n", contentType: "application/json")
      }
    }
    let onListening = onListening
    let application = Application(
      router: router, server: server,
      configuration: .init(
        address: .hostname(host, port: port),
        availableConnectionsDelegate: .maximum(maximumConnections, logger: logger)),
      onServerRunning: { channel in await onListening(channel.localAddress?.port) }, logger: logger)
    guard let security else { return try await serve(application) }
    try await withThrowingTaskGroup(of: Void.self) { [logger] group in
      group.addTask {
        await security.certificate.keepCurrent(every: security.reloadInterval, logger: logger)
      }
      defer { group.cancelAll() }
      try await serve(application)
    }
  }

  /// Runs the application; its server throws nothing once it listens.
  private func serve(_ application: some ApplicationProtocol) async throws {
    do {
      try await application.run()
    } catch let error as IOError {
      throw ListenFailure(error, host: host, port: port)
    }
  }

  private var server: HTTPServerBuilder {
    let idleTimeout = TimeAmount(idleTimeout)
    return HTTPServerBuilder { [security] responder in
      let channel = HTTP1Channel(responder: responder, configuration: .init(idleTimeout: idleTimeout))
      guard let security else { return AcceptedChannel(channel) }
      return AcceptedChannel(RenewingTLSChannel(channel, security.certificate))
    }
  }

  /// Serves `path` to those who may get it.
  private func restrictedGet(
    _ path: String, on router: Router<BasicRequestContext>, answer: @escaping @Sendable () -> Response
  ) {
    let access = security?.access
    router.get(RouterPath(path)) { request, _ -> Response in
      guard let access else { return answer() }
      switch await access.verdict(path: path, authorization: request.headers[.authorization]) {
      case .allowed: return answer()
      case .unauthenticated:
        var refusal = Self.response(401, "Unauthorized\n")
        refusal.headers[.wwwAuthenticate] = "Bearer"
        return refusal
      case .forbidden(let user):
        return Self.response(403, "The user \(user) may not get \(path)\n")
      case .unavailable: return Self.response(500, "The API server didn't say whether you may\n")
      }
    }
  }

  private static func response(
    _ status: Int, _ text: String, contentType: String = "text/plain; charset=utf-8"
  ) -> Response {
    Response(
      status: HTTPResponse.Status(code: status), headers: [.contentType: contentType],
      body: Hummingbird.ResponseBody(byteBuffer: ByteBuffer(string: text)))
  }
}
