import ArgumentParser
import GatewayDemo

/// `gateway-demo`: runs the manager on an embedded hub, without the network dependencies of a real
/// one.
@main
struct GatewayDemoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gateway-demo", abstract: "Shows the manager at work on a hub inside this process.",
    discussion: "The same as `gateway-manager demo`, in a program that is built faster.")

  @OptionGroup var demo: DemoOptions

  /// Runs the demo. Wrong arguments exit with 1, as those of gateway-manager do.
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

  func run() async throws {
    guard try await demo.play() else { throw ExitCode.failure }
  }
}
