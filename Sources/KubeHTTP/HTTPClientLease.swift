import AsyncHTTPClient
import Synchronization

/// A lease of an `HTTPClient`, which must not be shut down while a response is being read and must
/// be shut down before it is released. The lease ends with the object's lifetime.
final class HTTPClientLease: Sendable {
  let owner: Owner
  var client: HTTPClient { owner.client }

  fileprivate init(_ owner: Owner) { self.owner = owner }

  deinit { owner.release() }

  /// An owner of a client that counts its leases and shuts it down when it is retired and the last
  /// lease has ended.
  final class Owner: Sendable {
    let client: HTTPClient
    private let state = Mutex(State())

    private struct State {
      var leases = 0
      var isRetired = false
      var isShutDown = false
    }

    init(_ client: HTTPClient) { self.client = client }

    /// Whether the client has been shut down, or is about to be.
    var isDone: Bool { state.withLock(\.isShutDown) }

    /// A lease of the client; `nil` where it was shut down.
    func lease() -> HTTPClientLease? {
      let granted = state.withLock { state in
        guard !state.isShutDown else { return false }
        state.leases += 1
        return true
      }
      return granted ? HTTPClientLease(self) : nil
    }

    /// Shuts the client down as soon as it has no leases.
    func retire() { update { $0.isRetired = true } }

    /// Shuts the client down now, whatever its leases.
    func shutdown() async {
      let isFirst = state.withLock { state in
        defer { state.isShutDown = true }
        return !state.isShutDown
      }
      guard isFirst else { return }
      // The client waits for a connection in progress, without end where the server falls silent
      // between the handshake and its first HTTP/2 frame. In that case the rest ends with the
      // connection.
      let (ended, ending) = AsyncStream<Never>.makeStream()
      Task { [client] in
        // It only fails where the client was shut down before.
        try? await client.shutdown()
        ending.finish()
      }
      let patience = Task {
        try? await Task.sleep(for: Self.patience)
        ending.finish()
      }
      // In a task of its own: a cancelled caller must shut down nonetheless.
      await Task { for await _ in ended {} }.value
      patience.cancel()
    }

    /// The maximum wait of a shutdown for connections to close.
    private static let patience = Duration.seconds(5)

    fileprivate func release() {
      update {
        precondition($0.leases > 0, "a client has as many releases as leases")
        $0.leases -= 1
      }
    }

    private func update(_ change: (inout State) -> Void) {
      let ends = state.withLock { state in
        change(&state)
        guard state.isRetired, state.leases == 0, !state.isShutDown else { return false }
        state.isShutDown = true
        return true
      }
      if ends { Task { [client] in try? await client.shutdown() } }
    }
  }
}
