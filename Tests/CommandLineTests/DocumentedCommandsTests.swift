import ArgumentParser
import Foundation
import Testing

@testable import gateway_manager

/// The commands of the documents, as far as they can be checked without a hub.
/// `Scripts/check-install` does the same for those of helm and kubectl.
@Suite struct DocumentedCommandsTests {
  /// The lines of a document's code blocks that run the program, without prompts, comments, and
  /// what the output goes to.
  private static func commands(in text: String) -> [String] {
    var commands: [String] = []
    var isCode = false
    for line in text.split(separator: "\n").map({ $0.trimmingCharacters(in: .whitespaces) }) {
      if line.hasPrefix("```") {
        isCode.toggle()
      } else if isCode, let start = line.range(of: #"^(\$ )?gateway-manager "#, options: .regularExpression) {
        let end = line.range(of: #" [|>&#]"#, options: .regularExpression)?.lowerBound ?? line.endIndex
        commands.append(String(line[start.upperBound..<end]))
      }
    }
    return commands
  }

  @Test func `the program takes every command that a document shows`() throws {
    var count = 0
    for name in try Repository.documents() {
      // Brackets mark optional parts.
      for command in Self.commands(in: try Repository.text(name)) where !command.contains("[") {
        let words = command.split(separator: " ").map(String.init)
        do {
          _ = try GatewayManagerCommand.parseAsRoot(words)
        } catch {
          Issue.record("\(name): gateway-manager \(command): \(GatewayManagerCommand.message(for: error))")
        }
        count += 1
      }
    }
    #expect(count > 15)
  }

  @Test func `what help shows as it is has at most 78 columns`() {
    var commands: [any ParsableCommand.Type] = [GatewayManagerCommand.self]
    while let command = commands.popLast() {
      commands += command.configuration.subcommands
      for line in command.configuration.discussion.split(separator: "\n") where line.hasPrefix("  ") {
        #expect(line.count <= 78, "\(command): \(line)")
      }
    }
  }

  @Test func `the table of run's flags names those that it has`() throws {
    let help = RunCommand.helpMessage(columns: 200)
    let rows = try Repository.text("docs/install.md").split(separator: "\n").filter { $0.hasPrefix("| `--") }
    for row in rows {
      for flag in row.split(separator: "|")[0].matches(of: /`(--[a-z-]+)`/) {
        #expect(help.contains(flag.1), "\(flag.1)")
      }
    }
    #expect(rows.count >= 6)
  }
}
