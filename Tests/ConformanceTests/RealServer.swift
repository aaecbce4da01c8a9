import Foundation
import Synchronization

/// The kube-apiserver that `Scripts/api-server` starts, for as long as the test process runs.
///
/// `CONFORMANCE_API_SERVER` names the directory of one that runs already; that one is left running. The binaries are never
/// built here, only used where `Scripts/api-server build` or `KUBEBUILDER_ASSETS` made them available.
enum RealServer {
  static let checkout = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

  private static let started = Mutex<String?>(nil)

  private static func variable(_ name: String) -> String? {
    ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
  }

  /// Whether there is one, or could be started.
  static var isAvailable: Bool {
    if variable("CONFORMANCE_API_SERVER") != nil { return true }
    if let assets = variable("KUBEBUILDER_ASSETS") {
      return FileManager.default.isExecutableFile(atPath: assets + "/kube-apiserver")
    }
    let cache = variable("XDG_CACHE_HOME") ?? NSHomeDirectory() + "/.cache"
    return FileManager.default.fileExists(
      atPath: cache + "/swift-cluster-gateway/api-server/debian-1.20.2/complete")
  }

  /// What to do where there is none.
  static let remedy =
    "there is no kube-apiserver: set KUBEBUILDER_ASSETS to a directory with one, or run Scripts/api-server build"

  static func directory() async throws -> String {
    if let directory = variable("CONFORMANCE_API_SERVER") { return directory }
    let directory = FileManager.default.temporaryDirectory
      .appendingPathComponent("conformance-\(UUID().uuidString)").path
    started.withLock { $0 = directory }
    // Swift Testing has no hook for the end of a run.
    atexit { RealServer.stop() }
    try await script(["start", "--directory", directory])
    return directory
  }

  /// Runs `Scripts/api-server`; throws what it says on standard error where it fails.
  static func script(_ arguments: [String]) async throws {
    try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
      // A thread of its own: the process is waited for.
      Thread.detachNewThread {
        continuation.resume(with: Result { try run(arguments) })
      }
    }
  }

  private static func run(_ arguments: [String]) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: checkout + "/Scripts/api-server")
    process.arguments = arguments
    // A file, not a pipe: the servers that the script leaves behind would hold its end open.
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).log")
    try Data().write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = try FileHandle(forWritingTo: file)
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Unavailable(
        description: "Scripts/api-server \(arguments.joined(separator: " ")): "
          + String(decoding: (try? Data(contentsOf: file)) ?? Data(), as: UTF8.self))
    }
  }

  private static func stop() {
    guard let directory = started.withLock({ $0 }) else { return }
    try? run(["stop", "--directory", directory])
    try? FileManager.default.removeItem(atPath: directory)
  }
}
