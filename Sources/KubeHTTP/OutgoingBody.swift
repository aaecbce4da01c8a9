import KubeCore
import Synchronization

/// A request's body that records whether any of it was read.
///
/// The client reads the body after it has written the request's head to an open connection, and not
/// before. A request that failed before its body was read, in the connection's handshake or while
/// it waited for a connection, can't have reached the server's handler, whatever the error.
struct OutgoingBody: RandomAccessCollection, Sendable {
  private let bytes: SecretBytes
  private let taken = Taken()

  private final class Taken: Sendable {
    let value = Atomic(false)
  }

  init(_ bytes: SecretBytes) { self.bytes = bytes }

  /// Whether any byte was read; always true for an empty body.
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
