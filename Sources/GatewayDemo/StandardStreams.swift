import KubeCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The output streams of a command, which are written in whole texts.
package enum StandardStreams {
  /// Writes to standard output.
  package static func output(_ text: String) { send(text.utf8, to: STDOUT_FILENO) }

  /// Writes to standard output.
  package static func output(_ bytes: [UInt8]) { send(bytes, to: STDOUT_FILENO) }

  /// Writes to standard output; returns whether there is still a reader.
  package static func outputIsRead(_ text: String) -> Bool { send(text.utf8, to: STDOUT_FILENO) }

  /// Whether standard output still has a reader, as far as that shows without writing.
  package static var outputHasReader: Bool {
    var event = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
    return poll(&event, 1, 0) <= 0 || event.revents & Int16(POLLERR | POLLHUP) == 0
  }

  /// Writes a line to standard error, without terminal control sequences.
  package static func error(_ line: String) {
    send((line.withoutTerminalCommands(allowsColor: false) + "\n").utf8, to: STDERR_FILENO)
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

  /// Writes all bytes, or ends the program: truncated output must not look complete. Returns
  /// whether there is still a reader.
  @discardableResult
  private static func send(_ bytes: some Sequence<UInt8>, to descriptor: CInt) -> Bool {
    var rest = Array(bytes)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if count >= 0 {
        rest = rest.dropFirst(count)
        continue
      }
      switch errno {
      case EINTR: continue
      case EAGAIN:
        // A terminal or pipe that another process has set to non-blocking.
        var event = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = poll(&event, 1, -1)
      case EPIPE: return false  // A closed reader is no failure.
      case let code:
        let reason = String(cString: strerror(code))
        if descriptor != STDERR_FILENO { error("Error: the output can't be written: \(reason)") }
        exit(1)
      }
    }
    return true
  }

  /// Returns standard input to its end; `nil` if it can't be read.
  package static func input() -> [UInt8]? { contents(of: STDIN_FILENO) }

  /// Returns the content of a file or pipe to its end; `nil` if it can't be read.
  package static func contents(ofFile path: String) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    return contents(of: descriptor)
  }

  private static func contents(of descriptor: CInt) -> [UInt8]? {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = chunk.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
      if count > 0 {
        bytes += chunk[..<count]
      } else if count == 0 {
        return bytes
      } else if errno != EINTR {
        return nil
      }
    }
  }
}

extension String {
  /// The text with control characters escaped, except line ends and colors: an object's content
  /// must not control the terminal.
  package var withoutTerminalCommands: String { withoutTerminalCommands(allowsColor: true) }

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
