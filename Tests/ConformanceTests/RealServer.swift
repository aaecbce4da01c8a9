import Foundation
import Glibc
import Synchronization

/// The kube-apiserver that `Scripts/api-server` starts, for as long as the test process runs.
///
/// `CONFORMANCE_API_SERVER` names the directory of a server that already runs; it is left running.
/// The binaries are never built here, only used if `Scripts/api-server build` or
/// `KUBEBUILDER_ASSETS` made them available.
enum RealServer {
  static let checkout = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

  private static let started = Mutex<[String]>([])

  private static func variable(_ name: String) -> String? {
    ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
  }

  /// Whether there is a server, or one can be started.
  static var isAvailable: Bool {
    if variable("CONFORMANCE_API_SERVER") != nil { return true }
    if let assets = variable("KUBEBUILDER_ASSETS") {
      return FileManager.default.isExecutableFile(atPath: assets + "/kube-apiserver")
    }
    let cache = variable("XDG_CACHE_HOME") ?? NSHomeDirectory() + "/.cache"
    return FileManager.default.fileExists(
      atPath: cache + "/swift-cluster-gateway/api-server/debian-1.20.2/complete")
  }

  /// The instructions if there is none.
  static let remedy =
    "there is no kube-apiserver: set KUBEBUILDER_ASSETS to a directory with one, or run Scripts/api-server build"

  static func directory() async throws -> String {
    if let directory = variable("CONFORMANCE_API_SERVER") { return directory }
    let directory = FileManager.default.temporaryDirectory
      .appendingPathComponent("conformance-\(UUID().uuidString)").path
    let isFirst = started.withLock { started in
      started.append(directory)
      return started.count == 1
    }
    // Swift Testing has no hook for the end of a run.
    if isFirst { atexit { RealServer.stop() } }
    try await script(["start", "--directory", directory])
    return directory
  }

  /// Runs `Scripts/api-server`. Throws its standard error if it fails.
  static func script(_ arguments: [String]) async throws {
    try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
      // In its own thread, since it waits for the process.
      Thread.detachNewThread {
        continuation.resume(with: Result { try run(arguments) })
      }
    }
  }

  /// Runs a program by `posix_spawn`: Foundation's `Process` would wait until its descriptors are
  /// closed, and the servers that the script leaves running keep them open.
  private static func run(_ arguments: [String]) throws {
    let program = checkout + "/Scripts/api-server"
    let log = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).log").path
    defer { try? FileManager.default.removeItem(atPath: log) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 2, log, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    var strings = ([program] + arguments).map { strdup($0) } + [nil]
    defer { for string in strings { free(string) } }
    var process = pid_t()
    let failure = posix_spawn(&process, program, &actions, nil, &strings, environ)
    guard failure == 0 else {
      throw Unavailable(description: "\(program) can't be run: \(String(cString: strerror(failure)))")
    }
    var status: Int32 = 0
    while waitpid(process, &status, 0) == -1, errno == EINTR {}
    guard status == 0 else {
      let said = FileManager.default.contents(atPath: log) ?? Data()
      throw Unavailable(
        description: "Scripts/api-server \(arguments.joined(separator: " ")): "
          + String(decoding: said, as: UTF8.self))
    }
  }

  private static func stop() {
    for directory in started.withLock({ $0 }) {
      try? run(["stop", "--directory", directory])
      try? FileManager.default.removeItem(atPath: directory)
    }
  }
}
