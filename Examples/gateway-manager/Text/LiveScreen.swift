import GatewayDemo
import KubeCore
import UnixSignals

/// A terminal on which a picture is redrawn in place; if standard output isn't a terminal, the
/// pictures follow each other.
struct LiveScreen: Sendable {
  private let isTerminal = StandardStreams.outputIsTerminal

  /// Draws a picture, cut to the terminal's size; returns whether there is still a reader.
  func draw(_ lines: [StyledLine]) -> Bool {
    guard isTerminal else { return StandardStreams.outputIsRead(lines.text() + "\n") }
    let size = StandardStreams.terminalSize
    var shown = lines
    if lines.count >= size.rows {
      shown = Array(lines.prefix(max(1, size.rows - 2)))
      shown.append(StyledLine("… \(lines.count - shown.count) more lines", .dim))
    }
    let text = shown.map {
      Invocation.inUsersWords(
        $0.text(width: size.columns, usesColor: StandardStreams.usesColor)
      ).withoutTerminalCommands
        + "\u{1B}[K\n"
    }
    return StandardStreams.outputIsRead("\u{1B}[H" + text.joined() + "\u{1B}[J")
  }

  /// Runs `body` on a screen of its own, until it ends or a signal ends it; then restores the
  /// terminal.
  func whileOpen(_ body: @escaping @Sendable () async throws -> Void) async throws {
    if isTerminal { StandardStreams.output("\u{1B}[?1049h\u{1B}[?25l") }
    defer { if isTerminal { StandardStreams.output("\u{1B}[?25h\u{1B}[?1049l") } }
    let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await body() }
      group.addTask { for await _ in signals { return } }
      defer { group.cancelAll() }
      try await group.next()
    }
  }
}
