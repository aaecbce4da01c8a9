import ArgumentParser
import GatewayDemo
import KubeCore

/// The manager and its tools.
@main
struct GatewayManagerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: Invocation.commandName,
    abstract: "Installs and operates OCM's cluster-gateway on a hub.",
    discussion: """
      As a plugin of kubectl, with its completion:
        ln -s "$(command -v gateway-manager)" ~/bin/kubectl-gateway
        ln -s "$(command -v gateway-manager)" ~/bin/kubectl_complete-gateway
      Completion of its own: gateway-manager --generate-completion-script bash (or zsh, fish)

      EXAMPLES:
        gateway-manager demo              # see it at work, without any cluster
        gateway-manager doctor            # has the hub what it needs?
        gateway-manager status            # how does the hub do?
        gateway-manager explain managed1  # why isn't this cluster reached?

      EXIT CODES:
        0  done
        1  wrong arguments or input, no answer from the hub, a refused write;
           an unusable certificate (certs), a failed check (doctor)
        2  with --exit-code: something to do (plan, diff), not healthy (status),
           not reached (explain)
        3  others owe something that was not there in time (run --once)
        4  not known, as you may not read what decides it (certs; with --exit-code:
           plan, diff, status, explain)
      """,
    version: "gateway-manager \(ProgramVersion.text)",
    subcommands: [
      DemoCommand.self, StatusCommand.self, ExplainCommand.self, DoctorCommand.self, PlanCommand.self,
      DiffCommand.self, RunCommand.self, CertsCommand.self, ManifestsCommand.self, SysdumpCommand.self,
    ])

  /// Runs the command that the arguments name. Wrong arguments exit with 1, as any other wrong
  /// input does, instead of the parser's own 64.
  static func main() async {
    if Invocation.isCompletion {
      StandardStreams.output(await PluginCompletion(CommandLine.arguments.dropFirst()).answer)
      return
    }
    do {
      var command = try parseAsRoot(
        RunSettings.adding(
          to: Array(CommandLine.arguments.dropFirst()), environment: ProcessInfo.processInfo.environment))
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch {
      let code = exitCode(for: error)
      // Codes that speak for themselves.
      guard !(error is ExitCode) else { exit(withError: error) }
      let message = Invocation.inUsersWords(fullMessage(for: error))
      // Help, the version, and scripts of completion.
      guard code == .validationFailure || code == .failure else {
        StandardStreams.output(message + "\n")
        return
      }
      // What a server or a file holds must not command the terminal.
      StandardStreams.error(message)
      if let suggestion = Invocation.suggestion(for: CommandLine.arguments.dropFirst()) {
        StandardStreams.error("Did you mean `\(Invocation.commandName) \(suggestion)`?")
      }
      exit(withError: ExitCode.failure)
    }
  }
}

/// The name by which the program was started.
enum Invocation {
  private static let program = String(
    CommandLine.arguments.first?.split(separator: "/").last ?? "gateway-manager")

  /// The command's name for users: `kubectl gateway` if kubectl started the program as its plugin.
  static let commandName = program == "kubectl-gateway" ? "kubectl gateway" : "gateway-manager"

  /// Returns a text for people with the program's commands as the user enters them.
  static func inUsersWords(_ text: String) -> String {
    guard commandName != "gateway-manager" else { return text }
    let names = subcommands
    func isPartOfWord(_ character: Character?) -> Bool {
      character.map { $0.isLetter || $0.isNumber || "_/-".contains($0) } ?? false
    }
    var (result, rest) = ("", text[...])
    while let found = rest.firstRange(of: "gateway-manager ") {
      let command = rest[found.upperBound...].prefix { $0.isLetter || $0 == "-" }
      let isProgram = !isPartOfWord(rest[..<found.lowerBound].last) && names.contains(String(command))
      result += rest[..<found.lowerBound] + (isProgram ? commandName + " " : "gateway-manager ")
      rest = rest[found.upperBound...]
    }
    return result + rest
  }

  private static var subcommands: [String] { names(of: GatewayManagerCommand.self) }

  private static func names(of command: any ParsableCommand.Type) -> [String] {
    command.configuration.subcommands.compactMap { $0.configuration.commandName }
  }

  /// The subcommand that was probably meant, if `words` have another one in its place.
  static func suggestion(for words: some Sequence<String>) -> String? {
    var command: any ParsableCommand.Type = GatewayManagerCommand.self
    var path: [String] = []
    for word in words {
      let next = command.configuration.subcommands.first { $0.configuration.commandName == word }
      guard let next else {
        guard !word.hasPrefix("-"), let meant = Suggestion.closest(to: word, among: names(of: command)) else {
          return nil
        }
        return (path + [meant]).joined(separator: " ")
      }
      command = next
      path.append(word)
    }
    return nil
  }

  /// Whether kubectl requests completions from its plugin.
  static let isCompletion = program == "kubectl_complete-gateway"
}

/// The failure of a command; its text goes to standard error.
struct CommandFailure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

extension ExitCode {
  /// The exit code if there is something to do (`plan --exit-code`), or something has a problem.
  static let somethingToDo = ExitCode(2)
  /// The exit code if changes by others were not there in time (`run --once`).
  static let stillWaiting = ExitCode(3)
  /// The exit code if the answer is not known, as the reader lacks a right.
  static let notReadable = ExitCode(4)
}
