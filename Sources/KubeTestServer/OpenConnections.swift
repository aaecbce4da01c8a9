import HummingbirdCore
import Logging
import NIOCore
import Synchronization

/// The open connections of a server, so that they can be closed.
final class OpenConnections: Sendable {
  private struct State {
    var channels: [ObjectIdentifier: any Channel] = [:]
    var isClosed = false
  }
  private let state = Mutex(State())

  /// Adds a connection until it closes; `false` where no more are accepted.
  func add(_ channel: any Channel) -> Bool {
    let id = ObjectIdentifier(channel)
    let isWanted = state.withLock { state in
      if !state.isClosed { state.channels[id] = channel }
      return !state.isClosed
    }
    if isWanted {
      channel.closeFuture.whenComplete { _ in self.remove(id) }
    }
    return isWanted
  }

  private func remove(_ id: ObjectIdentifier) { state.withLock { $0.channels[id] = nil } }

  /// Closes all connections, and returns when they are closed; later ones are refused.
  func closeAll() async {
    let channels = state.withLock { state in
      state.isClosed = true
      return Array(state.channels.values)
    }
    for channel in channels { channel.close(promise: nil) }
    for channel in channels { try? await channel.closeFuture.get() }
  }
}

/// A server's channel that is registered in ``OpenConnections`` as long as it is open.
struct TrackedChannel<Base: ServerChildChannel>: ServerChildChannel {
  private let base: Base
  private let connections: OpenConnections

  init(_ base: Base, _ connections: OpenConnections) {
    self.base = base
    self.connections = connections
  }

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Base.Value> {
    guard connections.add(channel) else {
      // The server doesn't close a refused channel.
      return channel.close().flatMapThrowing { throw ChannelError.eof }
    }
    return base.setup(channel: channel, logger: logger)
  }

  func handle(value: Base.Value, logger: Logger) async {
    await base.handle(value: value, logger: logger)
  }
}
