import ArgumentParser
import Foundation
import KubeCore
import Testing

@testable import gateway_manager

/// The settings of `run` by flags, environment and file.
@Suite struct RunSettingsTests {
  /// The command that runs with these arguments, variables and file.
  private func command(
    _ arguments: [String] = [], environment: [String: String] = [:], file: String? = nil
  ) throws -> RunCommand {
    let settings = try RunSettings(
      environment: environment, file: file.map { ("settings.yaml", Array($0.utf8)) })
    return try RunCommand.parse(settings.arguments + arguments)
  }

  /// The text of the error that settings fail with.
  private func failure(environment: [String: String] = [:], file: String? = nil) -> String {
    do {
      _ = try RunSettings(environment: environment, file: file.map { ("settings.yaml", Array($0.utf8)) })
      return ""
    } catch {
      return "\(error)"
    }
  }

  @Test func `without settings the defaults hold`() throws {
    #expect(try RunSettings(environment: ["PATH": "/bin", "HOME": "/root"]).arguments == [])
    for text in ["", "# nothing\n", "---\n---\n", "{}"] {
      #expect(
        try RunSettings(environment: [:], file: ("settings.yaml", Array(text.utf8))).arguments == [],
        "\(text)")
    }
  }

  @Test func `flags come before the environment, and that before the file`() throws {
    let file = "log-format: json\nmetrics-bind-address: :1\nhealth-probe-bind-address: :2\n"
    let environment = [
      "GATEWAY_MANAGER_METRICS_BIND_ADDRESS": ":3", "GATEWAY_MANAGER_HEALTH_PROBE_BIND_ADDRESS": ":4",
    ]
    let run = try command(
      ["--health-probe-bind-address", ":5"], environment: environment, file: file)
    #expect(run.logFormat == .json)
    #expect(run.metricsBindAddress == ListenAddress(argument: ":3"))
    #expect(run.healthProbeBindAddress == ListenAddress(argument: ":5"))
  }

  @Test func `what is on in one place can be off in another`() throws {
    let file = "leader-elect: false\nverbose: true\nonce: true\nmetrics-secure: true\n"
    let first = try command(file: file)
    #expect(!first.leaderElect && first.verbose && first.once && first.metricsSecure)
    let environment = [
      "GATEWAY_MANAGER_LEADER_ELECT": "true", "GATEWAY_MANAGER_VERBOSE": "false",
      "GATEWAY_MANAGER_METRICS_SECURE": "false",
    ]
    let second = try command(environment: environment, file: file)
    #expect(second.leaderElect && !second.verbose && second.once && !second.metricsSecure)
    let third = try command(
      ["--no-leader-elect", "-v", "--no-once", "--metrics-secure"], environment: environment, file: file)
    #expect(!third.leaderElect && third.verbose && !third.once && third.metricsSecure)
  }

  @Test func `NAMESPACE and KUBECONFIG keep their names`() throws {
    let file = "namespace: of-file\nkubeconfig: of-file\ncontext: of-file\n"
    let run = try command(environment: ["NAMESPACE": "of-environment", "KUBECONFIG": "a:b"], file: file)
    #expect(run.manager.namespace == "of-environment")
    // It may name several files, which are read as kubectl reads them.
    #expect(run.connection.kubeconfig == nil)
    #expect(run.connection.context == "of-file")
    let other = try command(environment: ["NAMESPACE": "", "KUBECONFIG": ""], file: file)
    #expect(other.manager.namespace == "of-file" && other.connection.kubeconfig == "of-file")
  }

  @Test func `settings of different places are checked together`() throws {
    #expect(throws: (any Error).self) { try command(["--timeout", "5m"]) }
    #expect(try command(["--timeout", "5m"], environment: ["GATEWAY_MANAGER_ONCE": "true"]).once)
    #expect(throws: (any Error).self) {
      try command(environment: ["GATEWAY_MANAGER_METRICS_CERT_DIR": "/tls"])
    }
  }

  @Test func `what a switch needs is left out where the command line turns it off`() throws {
    let environment = [
      "GATEWAY_MANAGER_METRICS_SECURE": "true", "GATEWAY_MANAGER_METRICS_CERT_DIR": "/tls",
      "GATEWAY_MANAGER_ONCE": "true", "GATEWAY_MANAGER_TIMEOUT": "5m",
    ]
    func run(_ arguments: String...) throws -> RunCommand {
      let all = try RunSettings.adding(to: ["run"] + arguments, environment: environment)
      return try RunCommand.parse(Array(all.dropFirst()))
    }
    #expect(try run().metricsCertDir == "/tls")
    #expect(try run("--no-metrics-secure").metricsCertDir == nil)
    #expect(try run("--no-once").timeout == nil)
    #expect(try run("--no-once", "--once").timeout == "5m")
  }

  @Test(arguments: [
    ("\n\nlog-formt: json", ["settings.yaml:3:1", "log-formt", "did you mean log-format?"]),
    ("probe-port: 1", ["settings.yaml:1:1", "probe-port", "log-format"]),
    ("config: x", ["settings.yaml:1:1", "config", "is not a known setting"]),
    ("verbose: true\nonce: yes please", ["settings.yaml:2:1", "once", "expected true or false", "a string"]),
    ("timeout: 90", ["settings.yaml:1:1", "timeout", "expected a string, found a number", "quotes"]),
    ("timeout: soon", ["settings.yaml:1:1", "timeout", "90s"]),
    ("metrics-bind-address: 48080", ["settings.yaml:1:1", "metrics-bind-address", "expected a string"]),
    ("metrics-bind-address: '48080'", ["settings.yaml:1:1", "metrics-bind-address", ":48080"]),
    ("log-format: xml", ["settings.yaml:1:1", "log-format", "expected text or json"]),
    ("namespace: No_Label", ["settings.yaml:1:1", "namespace"]),
    ("signer-secret-name: [a]", ["settings.yaml:1:1", "signer-secret-name", "expected a string"]),
    ("context:", ["settings.yaml:1:1", "context", "expected a string"]),
    ("verbose: true\nverbose: false", ["settings.yaml:2:1", "verbose"]),
    ("- verbose", ["settings.yaml:1:1", "expected one mapping of settings"]),
    ("verbose: true\n---\nonce: true", ["settings.yaml:3:1", "expected one mapping of settings"]),
    ("verbose: {", ["settings.yaml:"]),
    ("vrbose: true\nonse: true", ["settings.yaml:1:1", "verbose", "settings.yaml:2:1", "once"]),
  ]) func `a file's error has the line and a remedy`(file: String, words: [String]) {
    let text = failure(file: file)
    for word in words { #expect(text.contains(word), "\(word): \(text)") }
  }

  @Test(arguments: [
    (
      ["GATEWAY_MANAGER_LOG_FORMT": "json"],
      ["GATEWAY_MANAGER_LOG_FORMT is not known", "did you mean GATEWAY_MANAGER_LOG_FORMAT?"]
    ),
    (["GATEWAY_MANAGER_NAMESPACE": "x"], ["GATEWAY_MANAGER_NAMESPACE", "did you mean NAMESPACE?"]),
    (["GATEWAY_MANAGER_LOG_FORMAT": "xml"], ["GATEWAY_MANAGER_LOG_FORMAT is xml", "expected text or json"]),
    (["GATEWAY_MANAGER_ONCE": "1"], ["GATEWAY_MANAGER_ONCE is 1", "expected true or false"]),
    (["NAMESPACE": "No_Label"], ["the environment variable NAMESPACE is No_Label"]),
    (
      ["GATEWAY_MANAGER_ONSE": "true", "GATEWAY_MANAGER_TIMEOUT": "soon"],
      ["GATEWAY_MANAGER_ONSE", "GATEWAY_MANAGER_TIMEOUT", "90s"]
    ),
  ]) func `a variable's error names it`(environment: [String: String], words: [String]) {
    let text = failure(environment: environment)
    for word in words { #expect(text.contains(word), "\(word): \(text)") }
  }

  @Test func `what the kubelet sets for a Service is no setting`() throws {
    let environment = [
      "GATEWAY_MANAGER_SERVICE_HOST": "10.0.0.1", "GATEWAY_MANAGER_SERVICE_PORT": "443",
      "GATEWAY_MANAGER_SERVICE_PORT_HTTPS": "443", "GATEWAY_MANAGER_PORT": "tcp://10.0.0.1:443",
      "GATEWAY_MANAGER_METRICS_PORT_48080_TCP": "tcp://10.0.0.1:48080",
      "GATEWAY_MANAGER_METRICS_PORT_48080_TCP_ADDR": "10.0.0.1",
      "GATEWAY_MANAGER_METRICS_PORT_48080_TCP_PORT": "48080",
      "GATEWAY_MANAGER_METRICS_PORT_48080_TCP_PROTO": "tcp",
    ]
    #expect(try RunSettings(environment: environment).arguments == [])
  }

  @Test func `every flag of run is a setting`() throws {
    // What the help describes: each flag begins a line.
    let flags = RunCommand.helpMessage(columns: 400).split(separator: "\n").flatMap { line -> [String] in
      let line = line.trimmingCharacters(in: .whitespaces)
      guard line.hasPrefix("-") else { return [] }
      let names = line.split(separator: "  ", maxSplits: 1).first ?? ""
      return names.matches(of: /--([a-z][a-z-]*)/).map { String($0.1) }
    }
    let settings = Set(RunSetting.allCases.map(\.rawValue))
    // --probe-port is deprecated.
    let others: Set = ["help", "version", "config", "probe-port"]
    let positive = Set(flags).filter { !$0.hasPrefix("no-") }
    #expect(positive.subtracting(others) == settings, "\(flags)")
    let onOff = RunSetting.allCases.filter { $0.form == .onOff }.map { "no-" + $0.rawValue }
    #expect(Set(flags).filter { $0.hasPrefix("no-") } == Set(onOff))
  }

  @Test func `only run has settings`() throws {
    let folder = try TemporaryFolder()
    let good = try folder.write("good.yaml", "log-format: json\n")
    let environment = ["GATEWAY_MANAGER_CONFIG": good, "GATEWAY_MANAGER_VERBOSE": "true"]
    func adding(_ arguments: String..., environment: [String: String] = environment) throws -> [String] {
      try RunSettings.adding(to: arguments, environment: environment)
    }
    #expect(try adding("run") == ["run", "--log-format=json", "--verbose"])
    #expect(try adding("run", "--once") == ["run", "--log-format=json", "--verbose", "--once"])
    #expect(try adding("plan", "-f", "x") == ["plan", "-f", "x"])
    #expect(try adding() == [])
    let other = try folder.write("other.yaml", "context: hub\n")
    for arguments in [["--config", other], ["--config=\(other)"], ["--config", good, "--config", other]] {
      #expect(
        try RunSettings.adding(to: ["run"] + arguments, environment: environment)
          == ["run", "--context=hub", "--verbose"] + arguments)
    }
    // Help is there even with wrong settings.
    let wrong = ["GATEWAY_MANAGER_CONFIG": "/nowhere/settings.yaml"]
    #expect(try adding("run", "--help", environment: wrong) == ["run", "--help"])
    #expect(throws: CommandFailure.self) { try adding("run", environment: wrong) }
  }

  @Test func `the program names a wrong setting and ends with 1`() async throws {
    let folder = try TemporaryFolder()
    let file = try folder.write("settings.yaml", "once: true\ntimeout: 1s\nlog-fromat: json\n")
    for ending in [
      try await Program(["run", "--config", file]).wait(),
      try await Program(["run"], environment: ["GATEWAY_MANAGER_CONFIG": file]).wait(),
    ] {
      #expect(ending.code == 1 && ending.output == "")
      #expect(ending.errors.contains("\(file):3:1: log-fromat: is not a known setting"), "\(ending.errors)")
      #expect(ending.errors.contains("did you mean log-format?"))
    }
    let missing = try await Program(["run", "--config", folder.path + "/none.yaml"]).wait()
    #expect(missing.code == 1 && missing.errors.contains("none.yaml"))
  }

  @Test func `the example of docs/install.md is read`() throws {
    let text = try Repository.text("docs/install.md")
    let start = try #require(text.range(of: "# gateway-manager.yaml\n"))
    let end = try #require(text[start.upperBound...].range(of: "```"))
    let run = try command(file: String(text[start.upperBound..<end.lowerBound]))
    #expect(run.logFormat == .json)
    #expect(run.metricsSecure && run.metricsCertDir == "/metrics-tls")
    #expect(run.metricsBindAddress == ListenAddress(argument: ":8443"))
    // The variables that the text shows are ones.
    let variables = Set(
      RunSetting.allCases.map(\.variable) + [RunSetting.fileVariable, "GATEWAY_MANAGER_SERVICE_HOST"])
    let shown = Set(text.matches(of: /GATEWAY_MANAGER_[A-Z_]*[A-Z]/).map { String($0.0) })
    #expect(!shown.isEmpty && shown.isSubset(of: variables), "\(shown)")
  }
}
