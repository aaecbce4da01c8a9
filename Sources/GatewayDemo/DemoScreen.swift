import KubeCore
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The output of the demo: a picture that is redrawn in place, or plain lines.
final class DemoScreen: Sendable {
  private struct State {
    var picture: [StyledLine] = []
    var drawnRows = 0
    var recent: [StyledLine] = []
  }

  /// Whether the picture is drawn.
  let isLive: Bool
  private let usesColor = StandardStreams.usesColor
  private let state = Mutex(State())
  /// The number of recent news below the picture.
  private static let newsRows = 4

  init(isLive: Bool) { self.isLive = isLive }

  /// The maximum number of rows of a picture.
  var pictureRows: Int { max(6, StandardStreams.terminalSize.rows - DemoScreen.newsRows - 3) }

  /// Hides the cursor, and shows it again when the demo is interrupted.
  func open() {
    guard isLive else { return }
    StandardStreams.output("\u{1B}[?25l")
    signal(SIGINT) { _ in
      // Only calls that are safe in a signal handler.
      let show: StaticString = "\u{1B}[?25h\n"
      _ = write(1, show.utf8Start, show.utf8CodeUnitCount)
      _exit(130)
    }
  }

  /// Shows the cursor again.
  func close() {
    guard isLive else { return }
    StandardStreams.output("\u{1B}[?25h")
  }

  /// Reports news.
  func report(_ line: StyledLine, at time: Date) {
    let stamped = StyledLine("\(Timestamp(time))  ", .dim) + line
    guard isLive else { return StandardStreams.output(stamped.text(usesColor: usesColor) + "\n") }
    state.withLock { state in
      state.recent.append(stamped)
      state.recent.removeFirst(max(0, state.recent.count - DemoScreen.newsRows))
    }
  }

  /// Redraws the picture.
  func draw(_ picture: [StyledLine]) {
    guard isLive else { return }
    let columns = StandardStreams.terminalSize.columns
    let text = state.withLock { state in
      state.picture = picture
      let lines = picture + [""] + state.recent
      var text = state.drawnRows > 0 ? "\u{1B}[\(state.drawnRows)A" : ""
      for line in lines { text += "\r" + line.text(width: columns - 1, usesColor: usesColor) + "\u{1B}[K\n" }
      text += "\u{1B}[J"
      state.drawnRows = lines.count
      return text
    }
    StandardStreams.output(text)
  }

  /// Keeps the picture on the screen and continues below it.
  func leavePicture() { state.withLock { $0.drawnRows = 0 } }

  /// Writes a permanent line.
  func say(_ line: StyledLine) { StandardStreams.output(line.text(usesColor: usesColor) + "\n") }
}
