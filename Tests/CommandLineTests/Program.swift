import Foundation
import KubeCore
import Synchronization
import Testing

/// The result of a finished process.
struct Ending: Sendable {
  /// The exit code; `nil` where a signal ended it.
  var code: Int32?
  /// The signal that ended it.
  var signal: Int32?
  var output: String
  var errors: String
  /// Whether it had to be killed after its time limit.
  var tookTooLong: Bool

  /// The output as JSON.
  func json(sourceLocation: SourceLocation = #_sourceLocation) throws -> JSONValue {
    do {
      return try JSONParser().parse(output)
    } catch {
      Issue.record("no JSON: \(error)\n\(errors)", sourceLocation: sourceLocation)
      throw error
    }
  }
}

/// The `gateway-manager` that was built along with these tests, as a process.
final class Program: Sendable {
  /// The path of the executable, beside the tests' resources.
  static let executable = Bundle.module.bundleURL.deletingLastPathComponent()
    .appendingPathComponent("gateway-manager")

  private let process: Process
  private let folder: TemporaryFolder
  private let ended: Task<Void, Never>

  /// Starts the program, a link to it with another `name`, or another `executable`. Its streams are
  /// files, so that no pipe can fill up.
  init(
    _ arguments: [String], input: [UInt8] = [], environment: [String: String] = [:], name: String? = nil,
    executable: URL = Program.executable
  ) throws {
    let folder = try TemporaryFolder()
    let process = Process()
    process.executableURL =
      try name.map { name in
        let link = URL(fileURLWithPath: folder.path + "/" + name)
        try FileManager.default.createSymbolicLink(at: link, withDestinationURL: Program.executable)
        return link
      } ?? executable
    process.arguments = arguments
    process.environment = ["HOME": folder.path, "PATH": "/usr/bin:/bin"].merging(environment) { $1 }
    process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
    process.standardInput = try FileHandle(forReadingFrom: URL(fileURLWithPath: folder.write("in", input)))
    process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: folder.write("out", [])))
    process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: folder.write("err", [])))
    let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
    process.terminationHandler = { _ in continuation.finish() }
    try process.run()
    self.process = process
    self.folder = folder
    ended = Task { for await _ in stream {} }
  }

  deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

  var output: String { folder.text("out") }
  var errors: String { folder.text("err") }
  var isRunning: Bool { process.isRunning }

  func send(_ signal: Int32) { if process.isRunning { kill(process.processIdentifier, signal) } }

  /// Waits for its end, and kills it after three minutes.
  func wait() async -> Ending {
    let tookTooLong = Mutex(false)
    await withTaskGroup(of: Bool.self) { group in
      group.addTask {
        await self.ended.value
        return false
      }
      group.addTask {
        // Where the test itself was cancelled, the program has no more time either.
        try? await Task.sleep(for: .seconds(180))
        return true
      }
      if await group.next() == true {
        tookTooLong.withLock { $0 = true }
        send(SIGKILL)
      }
      group.cancelAll()
    }
    let isExit = process.terminationReason == .exit
    return Ending(
      code: isExit ? process.terminationStatus : nil, signal: isExit ? nil : process.terminationStatus,
      output: output, errors: errors, tookTooLong: tookTooLong.withLock { $0 })
  }

  /// Runs the program to its end.
  static func run(_ arguments: String..., input: String = "") async throws -> Ending {
    try await run(arguments, input: Array(input.utf8))
  }

  /// Runs the program to its end, a few at a time.
  static func run(_ arguments: [String], input: [UInt8] = []) async throws -> Ending {
    await gate.enter()
    do {
      let ending = try await Program(arguments, input: input).wait()
      await gate.leave()
      return ending
    } catch {
      await gate.leave()
      throw error
    }
  }

  private static let gate = Gate(places: 3)
}

/// A limit on the number of concurrent users.
private actor Gate {
  private var places: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []

  init(places: Int) { self.places = places }

  func enter() async {
    if places > 0 {
      places -= 1
    } else {
      await withCheckedContinuation { waiting.append($0) }
    }
  }

  func leave() {
    if waiting.isEmpty { places += 1 } else { waiting.removeFirst().resume() }
  }
}

/// A folder that is deleted with its owner.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("gateway-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  @discardableResult
  func write(_ name: String, _ bytes: some Sequence<UInt8>) throws -> String {
    let file = path + "/" + name
    try Data(bytes).write(to: URL(fileURLWithPath: file))
    return file
  }

  @discardableResult
  func write(_ name: String, _ text: String) throws -> String { try write(name, text.utf8) }

  func text(_ name: String) -> String {
    String(decoding: FileManager.default.contents(atPath: path + "/" + name) ?? Data(), as: UTF8.self)
  }
}

/// A generator of the same pseudorandom numbers for a seed each time (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
