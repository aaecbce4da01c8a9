import KubeCore
import Synchronization

/// A request's body on its way out, which knows whether any of it was taken.
///
/// The client takes the body when it has written the request's head to an open connection, and not before. A
/// request that failed with its body untouched, in the connection's handshake or while it waited for a
/// connection, can't have been carried out, whatever the error looks like.
struct OutgoingBody: RandomAccessCollection, Sendable {
  private let bytes: SecretBytes
  private let taken = Taken()

  private final class Taken: Sendable {
    let value = Atomic(false)
  }

  init(_ bytes: SecretBytes) { self.bytes = bytes }

  /// Whether any byte was asked for; of an empty body none ever is.
  var wasTaken: Bool { bytes.isEmpty || taken.value.load(ordering: .acquiring) }

  private func take() { taken.value.store(true, ordering: .releasing) }

  var startIndex: Int { 0 }
  var endIndex: Int { bytes.count }

  subscript(position: Int) -> UInt8 {
    take()
    return bytes.withExposedBytes { $0[position] }
  }

  func withContiguousStorageIfAvailable<Result>(
    _ body: (UnsafeBufferPointer<UInt8>) throws -> Result
  ) rethrows -> Result? {
    take()
    return try bytes.withExposedBytes { raw throws in
      try raw.withMemoryRebound(to: UInt8.self, body)
    }
  }
}
