import AsyncHTTPClient
import HTTPTypes
public import KubeConfig
import KubeCore
public import KubeTransport
public import Logging
import NIOCore
import NIOHTTP1
import Synchronization

/// The transport over the network: HTTP/2 where the server offers it, else HTTP/1.1, over verified
/// TLS.
///
/// It adds the configuration's address, credentials (renewed as they change) and impersonation. It
/// neither follows redirects nor retries: transports around it do. Only a request on a connection
/// that had just ended, which was never sent, is moved to another connection. A thrown
/// `TransportError` states whether the request may have reached the server. A truncated body throws
/// from its iterator and never looks complete; one on an HTTP/2 connection that died silently
/// throws about twice ``HTTPTransportOptions/connectionCheckInterval`` later.
///
/// ```swift
/// let transport = try await HTTPTransport(Kubeconfig.load().clientConfiguration())
/// let response = try await transport.send(KubeRequest(method: .get, path: ["version"]))
/// await transport.shutdown()
/// ```
public final class HTTPTransport: Transport {
  private let connection: ConnectionSettings
  private let credentials: CredentialLoader
  private let options: HTTPTransportOptions
  private let logger: Logger
  private let state: Mutex<State>

  private struct State {
    var current: HTTPClientLease.Owner
    var tls: TLSMaterial
    /// The trusts that each satisfy the configuration of `tls`, and the one in use.
    var trustCandidates: [ServerTrust]
    var trust: ServerTrust
    /// A search for another trust, and the client whose trust the server didn't satisfy.
    var search: (owner: HTTPClientLease.Owner, task: Task<Bool, Never>)?
    /// Replaced clients whose responses are still being read.
    var retired: [HTTPClientLease.Owner] = []
    /// Material that no client could be created from, such as a certificate whose new key isn't
    /// there yet.
    var rejected: TLSMaterial?
    var isShutDown = false
  }

  /// Creates a transport to the server of `configuration`. Loads the credentials once and creates
  /// the TLS context, but doesn't connect yet.
  ///
  /// - Parameters:
  ///   - configuration: The server's address and the credentials.
  ///   - environment: The environment that an exec credential plugin inherits.
  ///   - options: The timeouts and limits.
  ///   - logger: The logger of renewals; it never gets credentials.
  /// - Throws: `ConfigurationError` for credentials that aren't available, `TransportError` for
  ///   unsupported settings.
  public convenience init(
    _ configuration: ClientConfiguration, environment: HostEnvironment = .process,
    options: HTTPTransportOptions = HTTPTransportOptions(),
    logger: Logger = Logger(label: "KubeHTTP", factory: { _ in SwiftLogNoOpLogHandler() })
  ) async throws {
    let loader = CredentialLoader(
      configuration, environment: environment, recheckInterval: options.credentialRecheckInterval,
      execTimeout: options.execTimeout)
    try await self.init(configuration, credentials: loader, options: options, logger: logger)
  }

  /// Creates a transport to the server of `configuration` with the credentials from `credentials`.
  public init(
    _ configuration: ClientConfiguration, credentials: CredentialLoader,
    options: HTTPTransportOptions = HTTPTransportOptions(),
    logger: Logger = Logger(label: "KubeHTTP", factory: { _ in SwiftLogNoOpLogHandler() })
  ) async throws {
    let connection = try ConnectionSettings(configuration, options)
    let tls = try await credentials.credentials().tls
    let candidates = try connection.trustCandidates(tls)
    let trust = candidates.first ?? .anchors([])
    let client = try connection.makeClient(tls, trust)
    self.connection = connection
    self.credentials = credentials
    self.options = options
    self.logger = logger
    state = Mutex(
      State(current: HTTPClientLease.Owner(client), tls: tls, trustCandidates: candidates, trust: trust))
  }

  deinit {
    state.withLock { state in
      state.current.retire()
      for owner in state.retired { owner.retire() }
    }
  }

  /// Ends all requests and responses at once and closes the connections, for which it waits a few
  /// seconds at most. Later requests throw. Idempotent.
  public func shutdown() async {
    let owners = state.withLock { state -> [HTTPClientLease.Owner] in
      guard !state.isShutDown else { return [] }
      state.isShutDown = true
      defer { state.retired = [] }
      return state.retired + [state.current]
    }
    await withTaskGroup(of: Void.self) { group in
      for owner in owners { group.addTask { await owner.shutdown() } }
    }
  }

  /// Sends `request` and returns when the response's head has arrived. A request without a timeout
  /// has the default of a client, `KubeClient.Limits.headTimeout`.
  ///
  /// An exec plugin that must renew the credentials first takes up to
  /// ``HTTPTransportOptions/execTimeout`` beyond the request's timeout.
  public func send(_ request: KubeRequest) async throws -> KubeResponse {
    let credentials: Credentials
    do {
      credentials = try await self.credentials.credentials()
    } catch let error as ConfigurationError {
      throw TransportError(
        code: .credentialsUnavailable, requestWasSent: false, message: "\(error)", cause: error)
    }
    try Task.checkCancellation()
    let payload = request.body.map(OutgoingBody.init)
    let outgoing = try connection.request(request, body: payload, authorization: credentials.authorization)
    let timeout = request.timeout ?? KubeClient.Limits().headTimeout
    let deadline = timeout.map { NIODeadline.now() + TimeAmount($0) } ?? .distantFuture
    // An ended connection stays in the client's pool for a moment, until the pool learns of it; few
    // do so at a time.
    var deadConnections = 0
    var searchedForTrust = false
    while true {
      let lease = try lease(for: credentials.tls)
      do {
        let response = try await lease.client.execute(outgoing, deadline: deadline)
        if response.status.code == 401 { await self.credentials.refused(credentials) }
        return KubeResponse(
          status: .init(code: Int(response.status.code), reasonPhrase: response.status.reasonPhrase),
          headers: fields(of: response), body: body(of: response, lease))
      } catch {
        if Task.isCancelled { throw CancellationError() }
        if deadConnections < 10, !isShutDown, TransportError.isOfDeadConnection(error),
          payload.map({ !$0.wasTaken }) ?? (request.method == .get || request.method == .head)
        {
          deadConnections += 1
          await Task.yield()
          continue
        }
        if !searchedForTrust, TransportError.isOfUntrustedServer(error) {
          searchedForTrust = true
          // Nothing was sent on the connection.
          if await findTrust(besides: lease.owner, deadline: deadline) {
            try Task.checkCancellation()
            continue
          }
        }
        var error = TransportError(sending: error, to: connection.address)
        // The server doesn't act on a request without its body.
        if payload?.wasTaken == false { error.requestWasSent = false }
        // The connection may have died silently: the next request gets a new one. Whether responses
        // on the former one end is for its check to decide: the server may just be slow.
        if error.code == .timedOut { replace(lease.owner) }
        throw error
      }
    }
  }

  /// The response's headers for the body as it is read: decompressed.
  private func fields(of response: HTTPClientResponse) -> HTTPFields {
    var fields = HTTPFields(response.headers)
    let encoding = fields[.contentEncoding]?.lowercased()
    if options.maximumDecompressedBytes > 0, encoding == "gzip" || encoding == "deflate" {
      fields[.contentEncoding] = nil
      fields[.contentLength] = nil
    }
    return fields
  }

  private var isShutDown: Bool { state.withLock(\.isShutDown) }

  /// The body in chunks; the client stays alive until the last one was read, or the body is
  /// released.
  private func body(of response: HTTPClientResponse, _ lease: HTTPClientLease) -> ResponseBody {
    let body = response.body
    let address = connection.address
    return ResponseBody {
      var chunks = body.makeAsyncIterator()
      return ResponseBody.AsyncIterator {
        do {
          if let chunk = try await chunks.next() { return Array(chunk.readableBytesView) }
          // A cancelled reader may see an end that isn't the end of the body.
          try Task.checkCancellation()
          withExtendedLifetime(lease) {}
          return nil
        } catch {
          if Task.isCancelled || error is CancellationError { throw CancellationError() }
          throw TransportError(readingBody: error, from: address)
        }
      }
    }
  }

  // MARK: Clients

  /// A lease of the client for `tls`: the current client, or a new one where the material has
  /// changed.
  private func lease(for tls: TLSMaterial) throws -> HTTPClientLease {
    try state.withLock { state in
      guard !state.isShutDown else { throw TransportError.shutDown }
      if state.tls != tls && state.rejected != tls {
        do {
          let candidates = try connection.trustCandidates(tls)
          let trust = candidates.first ?? .anchors([])
          let client = try connection.makeClient(tls, trust)
          install(client, in: &state)
          state.tls = tls
          state.trustCandidates = candidates
          state.trust = trust
          state.rejected = nil
          logger.info("TLS credentials were renewed", metadata: ["server": "\(connection.address)"])
        } catch {
          // Certificate and key are two files, one of which may be renewed before the other.
          state.rejected = tls
          logger.warning(
            "Renewed TLS credentials can't be used yet, the former ones stay in use: \(error)",
            metadata: ["server": "\(connection.address)"])
        }
      }
      guard let lease = state.current.lease() else { throw TransportError.shutDown }
      return lease
    }
  }

  /// Replaces the client of `owner` by a new one, where it is still the current one.
  private func replace(_ owner: HTTPClientLease.Owner) {
    state.withLock { state in
      guard !state.isShutDown, state.current === owner,
        let client = try? connection.makeClient(state.tls, state.trust)
      else {
        return
      }
      install(client, in: &state)
    }
  }

  // MARK: Trust

  /// Whether the server satisfies another of the trust candidates than the client of `owner`
  /// requires; that candidate is then used.
  private func findTrust(besides owner: HTTPClientLease.Owner, deadline: NIODeadline) async -> Bool {
    let search = state.withLock { state -> Task<Bool, Never>? in
      guard !state.isShutDown, state.current === owner else { return nil }
      // One search for all waiting callers.
      if let search = state.search, search.owner === owner { return search.task }
      let (tls, candidates) = (
        state.tls, state.trustCandidates.filter { [trust = state.trust] in $0 != trust }
      )
      let task = Task { await self.adoptTrust(among: candidates, tls, insteadOf: owner, deadline: deadline) }
      state.search = (owner, task)
      return task
    }
    // Without a search, another task has already replaced the client.
    return await search?.value ?? !isShutDown
  }

  private func adoptTrust(
    among candidates: [ServerTrust], _ tls: TLSMaterial, insteadOf owner: HTTPClientLease.Owner,
    deadline: NIODeadline
  ) async -> Bool {
    var satisfied: ServerTrust?
    for candidate in candidates where await connection.isSatisfied(candidate, tls, deadline: deadline) {
      satisfied = candidate
      break
    }
    return state.withLock { state in
      state.search = nil
      guard let satisfied, !state.isShutDown, state.current === owner, state.tls == tls,
        let client = try? connection.makeClient(tls, satisfied)
      else { return false }
      install(client, in: &state)
      state.trust = satisfied
      return true
    }
  }

  private func install(_ client: HTTPClient, in state: inout State) {
    let former = state.current
    state.current = HTTPClientLease.Owner(client)
    former.retire()
    state.retired.removeAll { $0.isDone }
    if !former.isDone { state.retired.append(former) }
  }
}

extension TransportError {
  fileprivate static let shutDown = TransportError(
    code: .shutDown, requestWasSent: false, message: "the transport has been shut down")
}

extension HTTPFields {
  fileprivate init(_ headers: HTTPHeaders) {
    self.init()
    reserveCapacity(headers.count)
    for (name, value) in headers {
      if let name = HTTPField.Name(name) { append(HTTPField(name: name, value: value)) }
    }
  }
}
