#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Bytes that must not be seen: a token, a private key, the data of a Secret.
///
/// Every way of printing the value (`description`, `debugDescription`, reflection, string
/// interpolation) shows only its length. The bytes are reached through `withExposedBytes` or
/// `exposed()`, so that a reader of the code finds every place where a secret is laid open. The
/// memory is wiped when the last copy of the value goes away.
public struct SecretBytes: Sendable {
  private let storage: Storage

  /// Takes a copy of `bytes`.
  public init(_ bytes: some Collection<UInt8>) {
    storage = Storage(bytes)
  }

  /// Takes a copy of the UTF-8 form of `text`.
  public init(utf8 text: String) {
    self.init(text.utf8)
  }

  /// Takes `count` bytes that `fill` writes in place, so that no other copy of them comes to be. They are
  /// zero before.
  package init(count: Int, fill: (UnsafeMutableBufferPointer<UInt8>) -> Void) {
    storage = Storage(repeatElement(0, count: count))
    fill(storage.buffer)
  }

  /// The number of bytes.
  public var count: Int { storage.buffer.count }

  /// Whether there are no bytes.
  public var isEmpty: Bool { storage.buffer.isEmpty }

  /// Lends the bytes to `body`; the buffer is invalid afterwards.
  public func withExposedBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafeRawBufferPointer(storage.buffer))
  }

  /// A copy of the bytes in the open. The copy is not wiped: use it only where the bytes leave the
  /// process or enter a parser that needs them.
  public func exposed() -> [UInt8] { Array(storage.buffer) }

  /// The bytes as text, in the open; `nil` where they are not UTF-8.
  public func exposedText() -> String? {
    String(validating: storage.buffer, as: UTF8.self)
  }

  /// `@unchecked` because the buffer is written in `init` and `deinit` only, when nobody else can
  /// hold a reference; in between it is read-only.
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
  /// Compares in a time that depends on the lengths only.
  public static func == (left: SecretBytes, right: SecretBytes) -> Bool {
    guard left.count == right.count else { return false }
    var difference: UInt8 = 0
    for (a, b) in zip(left.storage.buffer, right.storage.buffer) { difference |= a ^ b }
    return difference == 0
  }

  /// Feeds the value to a hasher.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(bytes: UnsafeRawBufferPointer(storage.buffer))
  }
}

extension SecretBytes: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The length, never the content.
  public var description: String { "<\(count) secret bytes>" }

  /// The same as `description`.
  public var debugDescription: String { description }

  /// What reflection sees: nothing that must not be seen.
  public var customMirror: Mirror { Mirror(self, children: ["count": count]) }
}
