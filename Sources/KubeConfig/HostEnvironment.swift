import Foundation

/// What the configuration may ask of the machine that it runs on: environment variables and directories.
///
/// Everything takes it as a parameter, so that a test needs no globals.
public struct HostEnvironment: Sendable {
  /// The environment variables.
  public var variables: [String: String]
  /// The user's home directory, where there is one.
  public var homeDirectory: String?
  /// The directory that relative paths of `KUBECONFIG` are relative to.
  public var currentDirectory: String
  /// Where a Pod finds its service account: `/var/run/secrets/kubernetes.io/serviceaccount`.
  public var serviceAccountDirectory: String

  /// The directory into which the kubelet projects a Pod's service account.
  public static let defaultServiceAccountDirectory = "/var/run/secrets/kubernetes.io/serviceaccount"

  /// An environment of exactly these values.
  public init(
    variables: [String: String] = [:], homeDirectory: String? = nil, currentDirectory: String = "/",
    serviceAccountDirectory: String = HostEnvironment.defaultServiceAccountDirectory
  ) {
    self.variables = variables
    self.homeDirectory = homeDirectory
    self.currentDirectory = currentDirectory
    self.serviceAccountDirectory = serviceAccountDirectory
  }

  /// This process's environment as it is now.
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

/// The path `path`, as seen from `directory` where it is relative.
func absolutePath(_ path: String, in directory: String) -> String {
  if path.hasPrefix("/") { return path }
  return directory.hasSuffix("/") ? directory + path : directory + "/" + path
}

/// The directory that holds the file `path`.
func directory(of path: String) -> String {
  guard let slash = path.lastIndex(of: "/") else { return "." }
  return slash == path.startIndex ? "/" : String(path[..<slash])
}
