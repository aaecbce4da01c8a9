import KubeCore

/// An archive of plain files in the format ustar (POSIX.1-2017, pax, "ustar Interchange Format").
struct TarArchive {
  private(set) var bytes: [UInt8] = []
  private let time: Int

  /// Creates an empty archive, whose files have the time `time`.
  init(at time: Date) { self.time = max(0, Int(time.timeIntervalSince1970)) }

  /// The maximum length of a file's path, in bytes.
  static let maximumPath = 100

  /// Adds a file; `path` is ASCII, and is cut after ``maximumPath`` bytes.
  mutating func add(_ path: String, _ content: [UInt8]) {
    var header = [UInt8](repeating: 0, count: 512)
    func put(_ text: String, at start: Int, _ length: Int) {
      for (offset, byte) in text.utf8.prefix(length).enumerated() { header[start + offset] = byte }
    }
    func octal(_ number: Int, _ digits: Int) -> String {
      let text = String(number, radix: 8)
      return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
    put(path, at: 0, TarArchive.maximumPath)
    put("0000600", at: 100, 7)
    put("0000000", at: 108, 7)
    put("0000000", at: 116, 7)
    put(octal(content.count, 11), at: 124, 11)
    put(octal(time, 11), at: 136, 11)
    put("        ", at: 148, 8)
    put("0", at: 156, 1)
    put("ustar\u{0}00", at: 257, 8)
    let sum = header.reduce(0) { $0 + Int($1) }
    put(octal(sum, 6) + "\u{0} ", at: 148, 8)
    bytes += header + content
    bytes += [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
  }

  /// The archive with its end marker.
  var finished: [UInt8] { bytes + [UInt8](repeating: 0, count: 1024) }
}
