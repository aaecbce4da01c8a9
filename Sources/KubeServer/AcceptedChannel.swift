import HummingbirdCore
import Logging
import NIOCore
import Synchronization

/// A server's channel whose accepted connections are closed if the server ends before it handles
/// them.
///
/// NIO stops the process where an asynchronous channel is released while it is open, as one is that
/// a client has opened at the moment in which the server is cancelled.
struct AcceptedChannel<Base: ServerChildChannel>: ServerChildChannel {
  /// A connection until it is handled.
  final class Connection: ServerChildChannelValue {
    let channel: any Channel
    private let value: Mutex<Base.Value?>

    init(_ value: Base.Value, _ channel: any Channel) {
      self.channel = channel
      self.value = Mutex(value)
    }

    /// Returns the value once.
    func take() -> Base.Value? {
      value.withLock { value in
        defer { value = nil }
        return value
      }
    }

    deinit {
      guard let value = take() else { return }
      let eventLoop = channel.eventLoop
      channel.closeFuture.whenComplete { _ in
        // The handlers learn of it after the future.
        eventLoop.execute { eventLoop.execute { withExtendedLifetime(value) {} } }
      }
      channel.close(promise: nil)
    }
  }

  private let base: Base

  init(_ base: Base) { self.base = base }

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Connection> {
    base.setup(channel: channel, logger: logger).map { Connection($0, channel) }
  }

  func handle(value: Connection, logger: Logger) async {
    guard let value = value.take() else { return }
    await base.handle(value: value, logger: logger)
  }
}
