import KubeCore

/// The program's name and version, for `--version` and the API server's audit log.
enum ProgramVersion {
  /// The version that the changelog names.
  static let number = "0.1.0"
  /// The commit of the build, which `Scripts/release-build` writes here; `development` otherwise.
  static let commit = "development"

  /// The version and the commit: `0.1.0 (3f6c1a2b9d0e)`.
  static let text = "\(number) (\(commit))"
  /// The header `User-Agent`, which distinguishes replicas and restarts in audit logs, such as
  /// `gateway-manager/0.1.0 (linux/amd64; host manager-7d4b9; process 17) 3f6c1a2b9d0e`.
  static let userAgent = "gateway-manager/\(number) (\(platform)\(host); process \(process)) \(commit)"

  private static var process: Int32 { ProcessInfo.processInfo.processIdentifier }

  private static var host: String {
    let name = (ProcessInfo.processInfo.environment["HOSTNAME"] ?? "").filter {
      $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-")
    }
    return name.isEmpty ? "" : "; host \(name)"
  }

  private static var platform: String {
    #if os(Linux)
      let system = "linux"
    #elseif os(macOS)
      let system = "darwin"
    #else
      let system = "unknown"
    #endif
    #if arch(x86_64)
      return system + "/amd64"
    #elseif arch(arm64)
      return system + "/arm64"
    #else
      return system + "/unknown"
    #endif
  }
}
