import Foundation

/// The output streams of a command, which are written in whole texts.
package enum StandardStreams {
  /// Writes to standard output.
  package static func output(_ text: String) { write(text, to: FileHandle.standardOutput) }

  /// Writes a line to standard error, without terminal control sequences.
  package static func error(_ line: String) {
    write(line.withoutTerminalCommands + "\n", to: FileHandle.standardError)
  }

  /// Whether standard output is a terminal with colours and a movable cursor.
  package static var outputIsTerminal: Bool {
    isatty(1) == 1 && ProcessInfo.processInfo.environment["TERM"].map { $0 != "dumb" } ?? false
  }

  /// Whether colours are wanted (https://no-color.org).
  package static var usesColor: Bool {
    outputIsTerminal && ProcessInfo.processInfo.environment["NO_COLOR"] == nil
  }

  /// Writes all of `text`, or ends the program: truncated output must not look complete.
  private static func write(_ text: String, to handle: FileHandle) {
    do {
      try handle.write(contentsOf: Data(text.utf8))
    } catch {
      // A closed reader is no failure.
      guard errno != EPIPE else { return }
      let reason = String(cString: strerror(errno))
      try? FileHandle.standardError.write(
        contentsOf: Data("Error: the output can't be written: \(reason)\n".utf8))
      exit(1)
    }
  }
}

extension String {
  /// The text with control characters escaped, except line ends and colours: an object's content
  /// must not control the terminal.
  package var withoutTerminalCommands: String {
    let scalars = Array(unicodeScalars)
    var text = String.UnicodeScalarView()
    for (place, scalar) in scalars.enumerated() {
      let isColor =
        scalar == "\u{1B}" && scalars.dropFirst(place + 1).first == "["
        && scalars.dropFirst(place + 2).first { !("0"..."9").contains($0) && $0 != ";" } == "m"
      if scalar.properties.generalCategory != .control || scalar == "\n" || isColor {
        text.append(scalar)
      } else {
        text.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars)
      }
    }
    return String(text)
  }
}
