import KubeCore
import Subprocess

#if canImport(System)
  import System
#else
  import SystemPackage
#endif

/// A runner of exec credential plugins: no terminal, bounded time, bounded output.
struct ExecPluginRunner: Sendable {
  /// The maximum size of a plugin's standard output in bytes.
  static let maximumOutputBytes = 1 << 20
  /// The size of the kept end of a plugin's standard error in bytes.
  static let maximumErrorBytes = 64 << 10

  /// The environment that the plugin inherits.
  var environment: HostEnvironment
  /// The maximum run time; after it the plugin and all its child processes are ended.
  var timeout: Duration

  /// Runs `plugin` and parses its output. Throws ``ConfigurationError`` where it can't be started,
  /// fails, takes too long or prints something else, and `CancellationError` where the task was
  /// cancelled.
  func run(_ plugin: ExecPlugin, execInfo: String) async throws -> ExecCredential {
    var variables = environment.variables
    for variable in plugin.environment {
      variables[variable.name] = variable.value.exposedText() ?? ""
    }
    variables["KUBERNETES_EXEC_INFO"] = execInfo
    var keyed: [Subprocess.Environment.Key: String] = [:]
    for (name, value) in variables {
      if let key = Subprocess.Environment.Key(rawValue: name) { keyed[key] = value }
    }
    var options = PlatformOptions()
    // A session of its own has no terminal to ask at, and is a group that can be ended as a whole.
    options.createSession = true
    options.teardownSequence = [
      .gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: .milliseconds(500))
    ]
    let configuration = Subprocess.Configuration(
      executable: plugin.command.contains("/") ? .path(.init(plugin.command)) : .name(plugin.command),
      arguments: Arguments(plugin.arguments), environment: .custom(keyed), platformOptions: options)

    let timeout = timeout
    let result = try await withThrowingTaskGroup(of: Output?.self) { group in
      group.addTask { try await Self.collect(configuration, plugin) }
      group.addTask {
        try await Task.sleep(for: timeout)
        return nil
      }
      defer { group.cancelAll() }
      guard let first = try await group.next(), let output = first else {
        throw Self.failure(
          plugin, "took longer than \(timeout)",
          remedy: "see why by running it by hand; it must not wait for input")
      }
      return output
    }
    guard result.isSuccess else {
      let words = Self.readable(result.error)
      throw Self.failure(
        plugin, "failed (\(result.status))" + (words.isEmpty ? "" : ": \(words)"),
        remedy: "run it by hand; often a login has expired")
    }
    return try ExecCredential(result.output, of: plugin)
  }

  private struct Output: Sendable {
    var isSuccess: Bool
    var status: String
    var output: [UInt8]
    var error: [UInt8]
  }

  private static func collect(_ configuration: Subprocess.Configuration, _ plugin: ExecPlugin) async throws
    -> Output
  {
    do {
      let result = try await Subprocess.run(
        configuration, input: .none, output: .sequence, error: .sequence
      ) { execution in
        async let error = end(of: execution.standardError)
        var output: [UInt8] = []
        for try await chunk in execution.standardOutput {
          chunk.withUnsafeBytes { output += $0 }
          guard output.count <= maximumOutputBytes else {
            throw failure(plugin, "printed more than \(maximumOutputBytes) bytes", remedy: "run it by hand")
          }
        }
        return (output: output, error: try await error)
      }
      return Output(
        isSuccess: result.terminationStatus.isSuccess, status: "\(result.terminationStatus)",
        output: result.closureResult.output, error: result.closureResult.error)
    } catch let error as SubprocessError {
      try Task.checkCancellation()
      switch error.code {
      case .executableNotFound:
        throw failure(
          plugin, "is not installed",
          remedy: plugin.installHint ?? "install it or put its directory into PATH")
      default:
        throw failure(
          plugin, "can't be run: \(error.code)", remedy: "make it an executable that this user may run")
      }
    }
  }

  /// The end of the output of `stream`: a plugin's standard error has no limit.
  private static func end(of stream: SubprocessOutputSequence) async throws -> [UInt8] {
    var bytes: [UInt8] = []
    for try await chunk in stream {
      chunk.withUnsafeBytes { bytes += $0 }
      if bytes.count > 2 * maximumErrorBytes { bytes.removeFirst(bytes.count - maximumErrorBytes) }
    }
    return bytes
  }

  private static func failure(_ plugin: ExecPlugin, _ problem: String, remedy: String) -> ConfigurationError {
    ConfigurationError(
      .execPluginFailed, at: plugin.origin, problem: "the plugin \"\(plugin.command)\" \(problem)",
      remedy: remedy)
  }

  /// The end of a plugin's messages in one line; words long enough to be a credential are redacted.
  static func readable(_ bytes: [UInt8]) -> String {
    let words = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace)
    let shown = words.map { word in
      word.utf8.count > 40 && !word.contains("/")
        ? "<hidden>" : word.utf8.count > 200 ? "<hidden>" : String(word)
    }
    return String(shown.joined(separator: " ").suffix(400))
  }
}
