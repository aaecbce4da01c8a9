import NIOCore
import NIOPosix
import Synchronization

/// A TCP relay between clients and a server on loopback that injects the given faults.
final class FaultyProxy: Sendable {
  /// A fault; bytes are counted from the moment when it was armed, over all connections.
  enum Fault: Sendable, Hashable {
    case none
    /// Connections are closed as soon as they are established.
    case refusal
    /// All connections are closed after this many bytes from the server.
    case cut(afterServerBytes: Int)
    /// All connections are closed after this many bytes from the client.
    case requestCut(afterClientBytes: Int)
    /// No bytes arrive after this many bytes from the server; the connection stays open.
    case stall(afterServerBytes: Int)
    /// No bytes arrive after this many bytes from the client; the connection stays open.
    case requestStall(afterClientBytes: Int)
    /// The server's bytes are delayed.
    case delay(milliseconds: Int64)

    /// Whether a request ends only with its timeout.
    var hangs: Bool {
      switch self {
      case .stall, .requestStall: true
      default: false
      }
    }
  }

  private struct State {
    var fault = Fault.none
    var serverBytes = 0
    var clientBytes = 0
    var clients: [ObjectIdentifier: any Channel] = [:]
  }

  fileprivate struct Verdict {
    var count: Int
    var cuts = false
    var delay: Int64 = 0
  }

  private let state = Mutex(State())
  private let listener = Mutex<(any Channel)?>(nil)

  /// Injects `fault` from now on.
  func arm(_ fault: Fault) {
    state.withLock { state in
      state.fault = fault
      state.serverBytes = 0
      state.clientBytes = 0
    }
  }

  /// The number of client connections.
  var connectionCount: Int { state.withLock { $0.clients.count } }

  /// Closes all connections.
  func cutAll() {
    for client in state.withLock({ Array($0.clients.values) }) { client.close(promise: nil) }
  }

  /// Opens a port that forwards to `target`, and returns its number.
  func start(target: Int) async throws -> Int {
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.backlog, value: 256)
      .childChannelInitializer { client in
        if self.state.withLock({ $0.fault == .refusal }) { return client.close() }
        // Both ends on one loop, so that bytes and ends keep their order.
        return ClientBootstrap(group: client.eventLoop)
          .channelInitializer { server in
            server.eventLoop.makeCompletedFuture {
              try server.pipeline.syncOperations.addHandler(
                Relay(proxy: self, peer: client, isServer: true))
            }
          }
          .connect(host: "127.0.0.1", port: target)
          .flatMapThrowing { server in
            do {
              try client.pipeline.syncOperations.addHandler(
                Relay(proxy: self, peer: server, isServer: false))
            } catch {
              // The client has gone meanwhile.
              server.close(promise: nil)
              throw error
            }
            let id = ObjectIdentifier(client)
            self.state.withLock { $0.clients[id] = client }
            client.closeFuture.whenComplete { _ in
              self.state.withLock { $0.clients[id] = nil }
              server.close(promise: nil)
            }
          }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    listener.withLock { $0 = channel }
    return channel.localAddress?.port ?? 0
  }

  /// Closes the port and all connections.
  func stop() async {
    let channel = listener.withLock { listener in
      defer { listener = nil }
      return listener
    }
    try? await channel?.close()
    cutAll()
  }

  fileprivate func pass(_ count: Int, isServer: Bool) -> Verdict {
    state.withLock { state in
      let before = isServer ? state.serverBytes : state.clientBytes
      if isServer { state.serverBytes += count } else { state.clientBytes += count }
      func first(_ limit: Int) -> Int { min(count, max(0, limit - before)) }
      switch state.fault {
      case .none, .refusal: return Verdict(count: count)
      case .delay(let milliseconds): return Verdict(count: count, delay: isServer ? milliseconds : 0)
      case .cut(let limit) where isServer:
        return Verdict(count: first(limit), cuts: before + count >= limit)
      case .requestCut(let limit) where !isServer:
        return Verdict(count: first(limit), cuts: before + count >= limit)
      case .stall(let limit) where isServer: return Verdict(count: first(limit))
      case .requestStall(let limit) where !isServer: return Verdict(count: first(limit))
      default: return Verdict(count: count)
      }
    }
  }
}

private final class Relay: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let proxy: FaultyProxy
  private let peer: any Channel
  private let isServer: Bool

  init(proxy: FaultyProxy, peer: any Channel, isServer: Bool) {
    self.proxy = proxy
    self.peer = peer
    self.isServer = isServer
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var buffer = unwrapInboundIn(data)
    let verdict = proxy.pass(buffer.readableBytes, isServer: isServer)
    if verdict.count > 0, let part = buffer.readSlice(length: verdict.count) {
      if verdict.delay > 0 {
        let peer = peer
        context.eventLoop.scheduleTask(in: .milliseconds(verdict.delay)) {
          peer.writeAndFlush(part, promise: nil)
        }
      } else {
        peer.writeAndFlush(part, promise: nil)
      }
    }
    if verdict.cuts {
      peer.close(promise: nil)
      context.close(promise: nil)
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    peer.close(promise: nil)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }
}
