import HummingbirdCore
import Logging
import NIOCore
import NIOSSL

/// A server's channel over TLS with the certificate that is current when a connection opens.
struct RenewingTLSChannel<Base: ServerChildChannel>: ServerChildChannel {
  private let base: Base
  private let certificate: ServingCertificate

  init(_ base: Base, _ certificate: ServingCertificate) {
    self.base = base
    self.certificate = certificate
  }

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Base.Value> {
    let context = certificate.context
    return channel.eventLoop.makeCompletedFuture {
      try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
    }.flatMap {
      base.setup(channel: channel, logger: logger)
    }
  }

  func handle(value: Base.Value, logger: Logger) async {
    await base.handle(value: value, logger: logger)
  }
}
