import KubeCore

/// A flag of `run` that an environment variable and a file can give, too; the raw value is the
/// flag's name.
enum RunSetting: String, CaseIterable {
  case kubeconfig, context, namespace
  case signerSecretName = "signer-secret-name"
  case once, timeout
  case leaderElect = "leader-elect"
  case metricsBindAddress = "metrics-bind-address"
  case metricsSecure = "metrics-secure"
  case metricsCertDir = "metrics-cert-dir"
  case healthProbeBindAddress = "health-probe-bind-address"
  case logFormat = "log-format"
  case verbose

  /// The beginning of the environment variables' names.
  static let variablePrefix = "GATEWAY_MANAGER_"
  /// The environment variable that names the file.
  static let fileVariable = variablePrefix + "CONFIG"

  /// The name of the environment variable.
  var variable: String {
    switch self {
    case .kubeconfig: "KUBECONFIG"
    case .namespace: "NAMESPACE"
    default: derivedVariable
    }
  }

  /// The variable's name as it follows from the flag's.
  var derivedVariable: String {
    Self.variablePrefix + rawValue.uppercased().replacing("-", with: "_")
  }

  /// The form of a value.
  enum Form: Hashable {
    case text, onOff, duration, address, dnsLabel, dnsSubdomain
    case choice([String])
  }

  /// The form of the value.
  var form: Form {
    switch self {
    case .kubeconfig, .context, .metricsCertDir: .text
    case .namespace: .dnsLabel
    case .signerSecretName: .dnsSubdomain
    case .once, .leaderElect, .metricsSecure, .verbose: .onOff
    case .timeout: .duration
    case .metricsBindAddress, .healthProbeBindAddress: .address
    case .logFormat: .choice(LogFormat.allCases.map(\.rawValue))
    }
  }

  /// The problem of a value; `nil` for a good one.
  func problem(_ text: String) -> String? {
    switch form {
    case .text: nil
    case .onOff: ["true", "false"].contains(text) ? nil : "expected true or false"
    case .duration:
      RunCommand.duration(text) == nil ? "expected a length of time such as 90s or 5m" : nil
    case .address:
      ListenAddress(argument: text) == nil
        ? "expected an address such as :48080 or 127.0.0.1:48080, or 0 for none" : nil
    case .dnsLabel: NameRules.dnsLabelProblem(text)
    case .dnsSubdomain: NameRules.dnsSubdomainProblem(text)
    case .choice(let names):
      names.contains(text) ? nil : "expected " + names.joined(separator: " or ")
    }
  }

  /// The text of a file's value, or the problem of its type or content.
  func text(of value: JSONValue) -> Result<String, Problem> {
    let text: String
    switch (form, value) {
    case (.onOff, .bool(let isOn)): text = isOn ? "true" : "false"
    case (.onOff, _): return .failure(Problem("expected true or false, found \(value.kindName)"))
    case (_, .string(let string)): text = string
    // Without quotes, 0 is a number.
    case (.address, _) where value.int64 == 0: text = "0"
    default:
      return .failure(Problem("expected a string, found \(value.kindName)", remedy: "put it in quotes"))
    }
    return problem(text).map { .failure(Problem($0)) } ?? .success(text)
  }

  /// The problem of a file's value.
  struct Problem: Error, Hashable {
    var text: String
    var remedy: String?

    init(_ text: String, remedy: String? = nil) {
      self.text = text
      self.remedy = remedy
    }
  }

  /// The flag that gives `text` on the command line.
  func argument(_ text: String) -> String {
    guard form == .onOff else { return "--\(rawValue)=\(text)" }
    return text == "true" ? "--\(rawValue)" : "--no-\(rawValue)"
  }

  /// The remedy for a name that isn't known: the closest one, as `form` writes it.
  static func remedy(for name: String, _ form: (RunSetting) -> String) -> String {
    if let name = Suggestion.closest(to: name, among: allCases.map(\.rawValue)),
      let setting = RunSetting(rawValue: name)
    {
      return "did you mean \(form(setting))?"
    }
    return "known are " + allCases.map(form).joined(separator: ", ")
  }
}
