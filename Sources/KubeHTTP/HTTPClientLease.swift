import AsyncHTTPClient
import Synchronization

/// A hold on an `HTTPClient`, which must not be shut down while a response of it is being read and must be
/// shut down
/// before it goes away. The hold ends with the object's life.
final class HTTPClientLease: Sendable {
  let owner: Owner
  var client: HTTPClient { owner.client }

  fileprivate init(_ owner: Owner) { self.owner = owner }

  deinit { owner.release() }

  /// Owns a client, counts its leases and shuts it down when it is retired and the last lease has ended.
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

    /// A hold on the client; `nil` where it is gone.
    func lease() -> HTTPClientLease? {
      let granted = state.withLock { state in
        guard !state.isShutDown else { return false }
        state.leases += 1
        return true
      }
      return granted ? HTTPClientLease(self) : nil
    }

    /// Has the client shut down as soon as nobody holds it.
    func retire() { settle { $0.isRetired = true } }

    /// Shuts the client down now, whoever holds it.
    func shutdown() async {
      let isFirst = state.withLock { state in
        defer { state.isShutDown = true }
        return !state.isShutDown
      }
      guard isFirst else { return }
      // The client waits for a connection that is being made, and there is no end to that where the server falls silent
      // between the handshake and its first HTTP/2 frame. What is left then ends with the connection.
      let (ended, ending) = AsyncStream<Never>.makeStream()
      Task { [client] in
        // It fails only where the client was shut down before.
        try? await client.shutdown()
        ending.finish()
      }
      let patience = Task {
        try? await Task.sleep(for: Self.patience)
        ending.finish()
      }
      // In a task of its own: who is cancelled shuts down nonetheless.
      await Task { for await _ in ended {} }.value
      patience.cancel()
    }

    /// How long a shutdown waits for connections to close.
    private static let patience = Duration.seconds(5)

    fileprivate func release() { settle { $0.leases -= 1 } }

    private func settle(_ change: (inout State) -> Void) {
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
