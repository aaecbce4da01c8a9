import ArgumentParser
import Configuration
import KubeCore
import KubeYAML

/// The settings of `run` in the environment and in a file, as flags to put before those of the
/// command line: of several equal flags the last one counts.
///
/// So the flags' definitions, defaults and checks hold whatever gives them. A setting's own error
/// names the variable, or the file and the line.
struct RunSettings {
  private let values: [(setting: RunSetting, text: String)]

  /// The flags.
  var arguments: [String] { values.map { $0.setting.argument($0.text) } }

  /// Reads settings; empty variables are as if they weren't set.
  ///
  /// - Parameters:
  ///   - environment: The environment's variables.
  ///   - file: The file's name and content, in YAML.
  init(environment: [String: String], file: (name: String, bytes: [UInt8])? = nil) throws {
    let environment = environment.filter { !$0.value.isEmpty }
    let variables = try Self.variables(environment)
    var providers: [any ConfigProvider] = [EnvironmentVariablesProvider(environmentVariables: variables)]
    if let file {
      let values = try Self.values(file.bytes, file: file.name).map { setting, text in
        (AbsoluteConfigKey(Self.path(setting)), ConfigValue(.string(text), isSecret: false))
      }
      providers.append(InMemoryProvider(name: file.name, values: Dictionary(uniqueKeysWithValues: values)))
    }
    let reader = ConfigReader(providers: providers)
    values = RunSetting.allCases.compactMap { setting in
      // KUBECONFIG may name several files: it is left to the kubeconfig's reader.
      if setting == .kubeconfig, environment[setting.variable] != nil { return nil }
      return reader.string(forKey: ConfigKey(Self.path(setting))).map { (setting, $0) }
    }
  }

  /// The path whose form as an environment variable is ``RunSetting/derivedVariable``.
  private static func path(_ setting: RunSetting) -> [String] { ["gateway-manager", setting.rawValue] }

  // MARK: Environment

  /// The variables of settings, by ``RunSetting/derivedVariable``.
  private static func variables(_ environment: [String: String]) throws -> [String: String] {
    var problems: [String] = []
    let known = Set(RunSetting.allCases.map(\.variable) + [RunSetting.fileVariable])
    for name in environment.keys.sorted() where name.hasPrefix(RunSetting.variablePrefix) {
      guard !known.contains(name), !isServiceVariable(name, environment[name] ?? "") else { continue }
      let rest = name.dropFirst(RunSetting.variablePrefix.count).lowercased().replacing("_", with: "-")
      problems.append(
        "the environment variable \(name) is not known; \(RunSetting.remedy(for: rest, \.variable))")
    }
    var variables: [String: String] = [:]
    for setting in RunSetting.allCases where setting != .kubeconfig {
      guard let text = environment[setting.variable] else { continue }
      if let problem = setting.problem(text) {
        problems.append("the environment variable \(setting.variable) is \(text): \(problem)")
      }
      variables[setting.derivedVariable] = text
    }
    guard problems.isEmpty else { throw CommandFailure(problems.joined(separator: "\n")) }
    return variables
  }

  /// Whether the kubelet sets a variable of this name for a Service, such as one that is called
  /// `gateway-manager` or `gateway-manager-metrics`.
  private static func isServiceVariable(_ name: String, _ value: String) -> Bool {
    name.hasSuffix("_SERVICE_HOST") || name.contains("_SERVICE_PORT")
      || name.hasSuffix("_PORT") && value.contains("://")
      || name.contains(/_PORT_[0-9]+_(TCP|UDP|SCTP)/)
  }

  // MARK: File

  /// The maximum size of a file in bytes.
  private static let maximumBytes = 1 << 20

  private static func values(
    _ bytes: [UInt8], file: String
  ) throws -> [(setting: RunSetting, text: String)] {
    let reader = YAMLReader(limits: .init(bytes: maximumBytes, depth: 8, nodes: 10_000, aliases: 0))
    let documents = try reader.documents(bytes, file: file).filter { $0.value != .null }
    guard let document = documents.first else { return [] }
    guard documents.count == 1, let members = document.value.object else {
      throw CommandFailure(
        "\((documents.dropFirst().first ?? document).location): expected one mapping of settings, such as "
          + "log-format: json")
    }
    var values: [(RunSetting, String)] = []
    var problems: [YAMLError] = []
    for member in members {
      let (name, value) = (member.key, member.value)
      let path = FieldPath().field(name)
      guard let setting = RunSetting(rawValue: name) else {
        problems.append(
          document.error(
            FieldError(
              path: path, problem: "is not a known setting",
              remedy: RunSetting.remedy(for: name, \.rawValue))))
        continue
      }
      switch setting.text(of: value) {
      case .success(let text): values.append((setting, text))
      case .failure(let problem):
        problems.append(
          document.error(FieldError(path: path, problem: problem.text, remedy: problem.remedy)))
      }
    }
    guard problems.isEmpty else {
      throw CommandFailure(problems.map(\.description).joined(separator: "\n"))
    }
    return values
  }
}

extension RunSettings {
  /// Returns the program's arguments with those of the settings, where they are ones of `run`.
  static func adding(to arguments: [String], environment: [String: String]) throws -> [String] {
    let rest = Array(arguments.dropFirst())
    guard arguments.first == RunCommand.configuration.commandName,
      !rest.contains(where: { ["-h", "--help", "--version"].contains($0) })
    else { return arguments }
    let path = file(in: rest) ?? environment[RunSetting.fileVariable].flatMap { $0.isEmpty ? nil : $0 }
    let file = try path.map { path in
      guard let content = FileManager.default.contents(atPath: path) else {
        throw CommandFailure("\(path): the file of settings can't be read; give one that exists, in YAML")
      }
      return (path, Array(content))
    }
    let settings = try RunSettings(environment: environment, file: file).arguments
    return arguments.prefix(1) + settings.filter { !isTurnedOff($0, by: rest) } + rest
  }

  /// Whether a setting is for a switch that the command line turns off.
  private static func isTurnedOff(_ setting: String, by arguments: [String]) -> Bool {
    let switches = [RunSetting.metricsCertDir: "metrics-secure", .timeout: "once"]
    guard let name = switches.first(where: { setting.hasPrefix("--\($0.key.rawValue)=") })?.value else {
      return false
    }
    return arguments.last { $0 == "--\(name)" || $0 == "--no-\(name)" } == "--no-\(name)"
  }

  /// The file that `--config` names.
  private static func file(in arguments: [String]) -> String? {
    for (index, argument) in arguments.enumerated().reversed() {
      if argument.hasPrefix("--config=") { return String(argument.dropFirst("--config=".count)) }
      if argument == "--config" { return arguments.dropFirst(index + 1).first }
    }
    return nil
  }
}
