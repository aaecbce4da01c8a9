import HummingbirdCore
import Logging
import NIOCore
import Synchronization

/// The connections of a server, so that they can be closed.
final class OpenConnections: Sendable {
  private struct State {
    var channels: [ObjectIdentifier: any Channel] = [:]
    var isClosed = false
  }
  private let state = Mutex(State())

  /// Notes a connection until it closes; `false` where none is wanted any more.
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

  /// Closes all connections, and returns when they are closed; further ones are refused.
  func closeAll() async {
    let channels = state.withLock { state in
      state.isClosed = true
      return Array(state.channels.values)
    }
    for channel in channels { channel.close(promise: nil) }
    for channel in channels { try? await channel.closeFuture.get() }
  }
}

/// What a server does with a connection, which is among the open ones as long as it lives.
struct TrackedChannel<Base: ServerChildChannel>: ServerChildChannel {
  private let base: Base
  private let connections: OpenConnections

  init(_ base: Base, _ connections: OpenConnections) {
    self.base = base
    self.connections = connections
  }

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Base.Value> {
    guard connections.add(channel) else {
      // Nobody else would: the server only passes it over.
      return channel.close().flatMapThrowing { throw ChannelError.eof }
    }
    return base.setup(channel: channel, logger: logger)
  }

  func handle(value: Base.Value, logger: Logger) async {
    await base.handle(value: value, logger: logger)
  }
}
