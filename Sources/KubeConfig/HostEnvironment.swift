import KubeCore

/// The environment variables and directories of the machine that a configuration depends on.
///
/// Functions take it as a parameter, so that tests need no globals.
public struct HostEnvironment: Sendable {
  /// The environment variables.
  public var variables: [String: String]
  /// The user's home directory, where there is one.
  public var homeDirectory: String?
  /// The directory that relative paths of `KUBECONFIG` are relative to.
  public var currentDirectory: String
  /// The directory of a Pod's service account: `/var/run/secrets/kubernetes.io/serviceaccount`.
  public var serviceAccountDirectory: String

  /// The directory into which the kubelet projects a Pod's service account.
  public static let defaultServiceAccountDirectory = "/var/run/secrets/kubernetes.io/serviceaccount"

  /// Creates an environment of exactly these values.
  public init(
    variables: [String: String] = [:], homeDirectory: String? = nil, currentDirectory: String = "/",
    serviceAccountDirectory: String = HostEnvironment.defaultServiceAccountDirectory
  ) {
    self.variables = variables
    self.homeDirectory = homeDirectory
    self.currentDirectory = currentDirectory
    self.serviceAccountDirectory = serviceAccountDirectory
  }

  /// The current environment of this process.
  public static var process: HostEnvironment {
    let variables = ProcessInfo.processInfo.environment
    let home = variables["HOME"].flatMap { $0.isEmpty ? nil : $0 }
    return HostEnvironment(
      variables: variables, homeDirectory: home ?? FileManager.default.homeDirectoryForCurrentUser.path,
      currentDirectory: FileManager.default.currentDirectoryPath)
  }

  /// The value of the variable `name`; `nil` where it is unset or empty.
  func value(_ name: String) -> String? { variables[name].flatMap { $0.isEmpty ? nil : $0 } }
}

/// The path `path`, resolved against `directory` where it is relative.
func absolutePath(_ path: String, in directory: String) -> String {
  if path.hasPrefix("/") { return path }
  return directory.hasSuffix("/") ? directory + path : directory + "/" + path
}

/// The directory that contains the file `path`.
func directory(of path: String) -> String {
  guard let slash = path.lastIndex(of: "/") else { return "." }
  return slash == path.startIndex ? "/" : String(path[..<slash])
}
