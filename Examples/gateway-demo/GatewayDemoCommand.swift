import ArgumentParser
import GatewayDemo

/// `gateway-demo`: runs the operator on an embedded hub, without the network dependencies of a real
/// one.
@main
struct GatewayDemoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gateway-demo", abstract: "Shows the operator at work on a hub inside this process.",
    discussion: "The same as `gateway-manager demo`, in a program that is built faster.")

  @OptionGroup var demo: DemoOptions

  func run() async throws {
    guard try await demo.play() else { throw ExitCode.failure }
  }
}
