import Foundation

/// The output streams of a command, which are written in whole texts.
package enum StandardStreams {
  /// Writes to standard output.
  package static func output(_ text: String) { write(text, to: FileHandle.standardOutput) }

  /// Writes to standard output.
  package static func output(_ bytes: [UInt8]) { write(Data(bytes), to: FileHandle.standardOutput) }

  /// Writes to standard output; returns whether there is still a reader.
  package static func outputIsRead(_ text: String) -> Bool { write(text, to: FileHandle.standardOutput) }

  /// Writes a line to standard error, without terminal control sequences.
  package static func error(_ line: String) {
    write(line.withoutTerminalCommands(allowsColor: false) + "\n", to: FileHandle.standardError)
  }

  /// Whether standard output is a terminal with colors and a movable cursor.
  package static var outputIsTerminal: Bool {
    isatty(1) == 1 && ProcessInfo.processInfo.environment["TERM"].map { $0 != "dumb" } ?? false
  }

  /// Whether standard error is a terminal.
  package static var errorIsTerminal: Bool { isatty(2) == 1 }

  /// Whether colors are wanted (https://no-color.org).
  package static var usesColor: Bool {
    outputIsTerminal && ProcessInfo.processInfo.environment["NO_COLOR"]?.isEmpty ?? true
  }

  /// The width and height of standard output's terminal; 100 by 30 if it has none.
  package static var terminalSize: (columns: Int, rows: Int) {
    var window = winsize()
    guard ioctl(1, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0, window.ws_row > 0 else {
      return (100, 30)
    }
    return (Int(window.ws_col), Int(window.ws_row))
  }

  /// Writes all of `text`, or ends the program: truncated output must not look complete. Returns
  /// whether there is still a reader.
  @discardableResult
  private static func write(_ text: String, to handle: FileHandle) -> Bool {
    write(Data(text.utf8), to: handle)
  }

  @discardableResult
  private static func write(_ data: Data, to handle: FileHandle) -> Bool {
    do {
      try handle.write(contentsOf: data)
      return true
    } catch {
      // A closed reader is no failure.
      guard errno != EPIPE else { return false }
      let reason = String(cString: strerror(errno))
      try? FileHandle.standardError.write(
        contentsOf: Data("Error: the output can't be written: \(reason)\n".utf8))
      exit(1)
    }
  }
}

extension String {
  /// The text with control characters escaped, except line ends and colors: an object's content
  /// must not control the terminal.
  package var withoutTerminalCommands: String { withoutTerminalCommands(allowsColor: true) }

  /// The text in one line, with every control character escaped, and every one that changes the
  /// direction of text.
  package var onOneLine: String {
    var text = String.UnicodeScalarView()
    for scalar in unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator:
        text.append(contentsOf: scalar.escaped)
      default: text.append(scalar)
      }
    }
    return String(text)
  }

  fileprivate func withoutTerminalCommands(allowsColor: Bool) -> String {
    let scalars = Array(unicodeScalars)
    var text = String.UnicodeScalarView()
    for (place, scalar) in scalars.enumerated() {
      let isColor =
        allowsColor && scalar == "\u{1B}" && scalars.dropFirst(place + 1).first == "["
        && scalars.dropFirst(place + 2).first { !("0"..."9").contains($0) && $0 != ";" } == "m"
      if scalar.properties.generalCategory != .control || scalar == "\n" || isColor {
        text.append(scalar)
      } else {
        text.append(contentsOf: scalar.escaped)
      }
    }
    return String(text)
  }
}

extension Unicode.Scalar {
  /// The scalar as Swift's literals write it: `\u{1b}`.
  fileprivate var escaped: String.UnicodeScalarView {
    "\\u{\(String(value, radix: 16))}".unicodeScalars
  }
}
