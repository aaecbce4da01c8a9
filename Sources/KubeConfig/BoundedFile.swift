#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The attributes that distinguish one state of a file from another: a replaced or rewritten file
/// has others.
struct FileFingerprint: Sendable, Hashable {
  var device: UInt64
  var inode: UInt64
  var size: Int64
  var seconds: Int64
  var nanoseconds: Int64

  init(_ status: stat) {
    device = UInt64(truncatingIfNeeded: status.st_dev)
    inode = UInt64(truncatingIfNeeded: status.st_ino)
    size = Int64(status.st_size)
    #if canImport(Darwin)
      seconds = Int64(status.st_mtimespec.tv_sec)
      nanoseconds = Int64(status.st_mtimespec.tv_nsec)
    #else
      seconds = Int64(status.st_mtim.tv_sec)
      nanoseconds = Int64(status.st_mtim.tv_nsec)
    #endif
  }

  /// Creates the fingerprint of the file at `path` (symbolic links are followed); `nil` where there
  /// is none.
  init?(path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    self.init(status)
  }
}

/// The reason why a file couldn't be read, for people; `missing` distinguishes an absent file from
/// an unreadable one.
struct FileProblem: Error, Sendable, Hashable {
  var words: String
  var missing = false
}

/// A reader of whole files of a bounded size.
enum BoundedFile {
  /// The bytes of the file `path` and its fingerprint; throws where it is missing, unreadable, a
  /// directory or larger than `limit` bytes. A pipe (shells' `<(…)`) is read to its end.
  static func read(_ path: String, limit: Int) throws(FileProblem) -> (bytes: SecretBuffer, FileFingerprint) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      let code = errno
      throw FileProblem(
        words: code == ENOENT ? "no such file" : String(cString: strerror(code)),
        missing: code == ENOENT || code == ENOTDIR)
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw FileProblem(words: String(cString: strerror(errno))) }
    let kind = status.st_mode & S_IFMT
    if kind == S_IFDIR { throw FileProblem(words: "is a directory, not a file") }
    // Only the opening of a pipe without a writer must not block; reading may.
    let flags = fcntl(descriptor, F_GETFL)
    if flags >= 0 { _ = fcntl(descriptor, F_SETFL, flags & ~O_NONBLOCK) }

    var buffer = SecretBuffer()
    var chunk = [UInt8](repeating: 0, count: 16 << 10)
    defer { chunk.withUnsafeMutableBytes { wipe($0) } }
    while true {
      let count = chunk.withUnsafeMutableBytes { Self.readSome(descriptor, $0) }
      if count < 0 {
        if errno == EINTR { continue }
        throw FileProblem(words: String(cString: strerror(errno)))
      }
      if count == 0 { break }
      buffer.bytes += chunk[..<count]
      if buffer.bytes.count > limit { throw FileProblem(words: "is larger than \(limit) bytes") }
    }
    return (buffer, FileFingerprint(status))
  }

  private static func readSome(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
    #if canImport(Glibc)
      Glibc.read(descriptor, buffer.baseAddress, buffer.count)
    #elseif canImport(Musl)
      Musl.read(descriptor, buffer.baseAddress, buffer.count)
    #else
      Darwin.read(descriptor, buffer.baseAddress, buffer.count)
    #endif
  }
}

/// The bytes of a file that may be a credential, before they become a `SecretBytes` or are parsed.
struct SecretBuffer: Sendable, CustomStringConvertible {
  var bytes: [UInt8] = []
  var description: String { "<\(bytes.count) bytes of a file>" }
}

private func wipe(_ buffer: UnsafeMutableRawBufferPointer) {
  guard let base = buffer.baseAddress else { return }
  #if canImport(Darwin)
    _ = memset_s(base, buffer.count, 0, buffer.count)
  #else
    explicit_bzero(base, buffer.count)
  #endif
}
