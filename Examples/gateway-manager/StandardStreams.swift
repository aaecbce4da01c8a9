import Foundation

/// What a command writes to, as whole texts.
enum StandardStreams {
  /// Writes to standard output.
  static func output(_ text: String) { write(text, to: FileHandle.standardOutput) }

  /// Writes a line to standard error.
  static func error(_ line: String) { write(line + "\n", to: FileHandle.standardError) }

  /// Whether standard output is a terminal that shows colours and moves its cursor.
  static var outputIsTerminal: Bool {
    isatty(1) == 1 && ProcessInfo.processInfo.environment["TERM"].map { $0 != "dumb" } ?? false
  }

  /// Whether colours are wanted (https://no-color.org).
  static var usesColor: Bool { outputIsTerminal && ProcessInfo.processInfo.environment["NO_COLOR"] == nil }

  /// Writes all of `text`, or ends the program: what is cut short must not look like a whole.
  private static func write(_ text: String, to handle: FileHandle) {
    do {
      try handle.write(contentsOf: Data(text.utf8))
    } catch {
      // A reader that has gone away is no reason to fail.
      guard errno != EPIPE else { return }
      let reason = String(cString: strerror(errno))
      try? FileHandle.standardError.write(
        contentsOf: Data("Error: the output can't be written: \(reason)\n".utf8))
      exit(1)
    }
  }
}
