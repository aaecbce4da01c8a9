import ArgumentParser
import GatewayDemo

/// The operator and its tools.
@main
struct GatewayManagerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gateway-manager",
    abstract: "Installs and looks after OCM's cluster-gateway on a hub.",
    subcommands: [
      DemoCommand.self, PlanCommand.self, RunCommand.self, CertsCommand.self, ManifestsCommand.self,
    ])

  /// Runs the command that the arguments name. Wrong arguments end with 1, as every other wrong input does,
  /// and not
  /// with the parser's own 64.
  static func main() async {
    do {
      var command = try parseAsRoot()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch {
      guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
      StandardStreams.error(fullMessage(for: error))
      exit(withError: ExitCode.failure)
    }
  }
}

/// What a command ends with when it did not do what it was asked for; its text goes to standard error.
struct CommandFailure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

extension ExitCode {
  /// There is something to do (`plan --exit-code`).
  static let somethingToDo = ExitCode(2)
  /// Others owe something that was not there in time (`run --once`).
  static let stillWaiting = ExitCode(3)
}
