#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Confidential bytes: a token, a private key, the data of a Secret.
///
/// Every way of printing the value (`description`, `debugDescription`, reflection, string
/// interpolation) shows only its length. The bytes are accessed through ``withExposedBytes(_:)`` or
/// ``exposed()``, so that a search of the code finds every place that exposes a secret. The memory
/// is wiped when the last copy of the value is released.
public struct SecretBytes: Sendable {
  private let storage: Storage

  /// Creates a copy of `bytes`.
  public init(_ bytes: some Collection<UInt8>) {
    storage = Storage(bytes)
  }

  /// Creates a copy of the UTF-8 form of `text`.
  public init(utf8 text: String) {
    self.init(text.utf8)
  }

  /// Creates `count` bytes that `fill` writes in place, so that no other copy of them exists. They
  /// are zero before.
  package init(count: Int, fill: (UnsafeMutableBufferPointer<UInt8>) -> Void) {
    storage = Storage(repeatElement(0, count: count))
    fill(storage.buffer)
  }

  /// The number of bytes.
  public var count: Int { storage.buffer.count }

  /// Whether there are no bytes.
  public var isEmpty: Bool { storage.buffer.isEmpty }

  /// Calls `body` with the bytes; the buffer is invalid afterwards.
  public func withExposedBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafeRawBufferPointer(storage.buffer))
  }

  /// A plain copy of the bytes. It is not wiped: use it only where the bytes leave the process or
  /// enter a parser that needs them.
  public func exposed() -> [UInt8] { Array(storage.buffer) }

  /// A plain copy of the bytes as text; `nil` where they are not UTF-8.
  public func exposedText() -> String? {
    String(validating: storage.buffer, as: UTF8.self)
  }

  /// The bytes' memory. `@unchecked` because the buffer is written only in `init` and `deinit`,
  /// when no other reference exists; in between it is read-only.
  private final class Storage: @unchecked Sendable {
    let buffer: UnsafeMutableBufferPointer<UInt8>

    init(_ bytes: some Collection<UInt8>) {
      buffer = .allocate(capacity: bytes.count)
      _ = buffer.initialize(from: bytes)
    }

    deinit {
      if let base = buffer.baseAddress {
        #if canImport(Darwin)
          _ = memset_s(base, buffer.count, 0, buffer.count)
        #else
          explicit_bzero(base, buffer.count)
        #endif
      }
      buffer.deallocate()
    }
  }
}

extension SecretBytes: Hashable {
  /// Whether both values have equal bytes, in a time that depends only on their lengths.
  public static func == (left: SecretBytes, right: SecretBytes) -> Bool {
    guard left.count == right.count else { return false }
    var difference: UInt8 = 0
    for (a, b) in zip(left.storage.buffer, right.storage.buffer) { difference |= a ^ b }
    return difference == 0
  }

  /// Hashes the value.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(bytes: UnsafeRawBufferPointer(storage.buffer))
  }
}

extension SecretBytes: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The length, never the content.
  public var description: String { "<\(count) secret bytes>" }

  /// The same as ``description``.
  public var debugDescription: String { description }

  /// A mirror that shows only the length.
  public var customMirror: Mirror { Mirror(self, children: ["count": count]) }
}
