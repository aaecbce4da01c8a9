import Foundation
import KubeTransport
import Synchronization
import Testing

/// One suite, three servers. Where KubeMemory and the real server differ, KubeMemory is wrong.
@Suite struct ConformanceTests {
  @Test(arguments: Numbered.all, [ServerKind.memory, .port])
  func `the server keeps the promise`(_ numbered: Numbered, on kind: ServerKind) async throws {
    try await see(numbered, on: ServerPool.shared.server(kind))
  }

  @Test(
    .enabled(if: RealServer.isAvailable, "\(RealServer.remedy)"), arguments: Numbered.all, [ServerKind.real])
  func `the real server keeps the promise`(_ numbered: Numbered, on kind: ServerKind) async throws {
    try await see(numbered, on: ServerPool.shared.server(kind))
  }

  private func see(_ numbered: Numbered, on server: ConformanceServer) async throws {
    let behavior = numbered.behavior
    let kind = server.kind
    try await server.gate.enter(alone: behavior.isExclusive)
    let failure = await Self.failure(of: numbered, on: server)
    await server.gate.leave(alone: behavior.isExclusive)

    if let lacking = failure as? NotServed, server.kind == .real {
      Report.shared.record(numbered.number, kind, .lacking(lacking.description))
    } else if let differs = behavior.differs, server.minor < differs.minor {
      Report.shared.record(numbered.number, kind, .differs(differs.why))
      #expect(
        failure != nil, "1.\(server.minor) does this: it is on the list of differences, and shouldn't be")
    } else {
      Report.shared.record(numbered.number, kind, failure == nil ? .passed : .failed)
      if let failure { Issue.record("\(failure)") }
    }
  }

  /// The error of a different behavior; `nil` if there is none.
  private static func failure(of numbered: Numbered, on server: ConformanceServer) async -> (any Error)? {
    do {
      try await numbered.behavior.body(server.sandbox(numbered.number))
      return nil
    } catch {
      return error
    }
  }

  @Test func `no two behaviors have the same name`() {
    #expect(Set(Behavior.all.map(\.name)).count == Behavior.all.count)
    #expect(Behavior.all.count >= 354)
  }
}

/// A behavior and its index in the table.
struct Numbered: Sendable, CustomTestStringConvertible {
  var number: Int
  var behavior: Behavior

  init(_ pair: (offset: Int, element: Behavior)) {
    number = pair.offset
    behavior = pair.element
  }

  static let all = Behavior.all.enumerated().map(Numbered.init)

  var testDescription: String { behavior.name }
}

/// The table of behaviors and servers, printed when the process ends, and written to the file that
/// `CONFORMANCE_TABLE` names.
final class Report: Sendable {
  enum Outcome: Sendable {
    case passed
    case failed
    /// The server is older than the behavior, and behaves as older releases do.
    case differs(String)
    /// The server is older than the kind that the behavior is about.
    case lacking(String)

    var mark: String {
      switch self {
      case .passed: "✔"
      case .failed: "✘"
      case .differs: "–"
      case .lacking: "∅"
      }
    }
  }

  static let shared = Report()
  private let outcomes = Mutex<[Int: [ServerKind: Outcome]]>([:])

  private init() {
    atexit { Report.shared.write() }
  }

  func record(_ number: Int, _ kind: ServerKind, _ outcome: Outcome) {
    outcomes.withLock { $0[number, default: [:]][kind] = outcome }
  }

  private func write() {
    let text = text
    print(text)
    if let file = ProcessInfo.processInfo.environment["CONFORMANCE_TABLE"], !file.isEmpty {
      try? Data(text.utf8).write(to: URL(fileURLWithPath: file))
    }
  }

  var text: String {
    let outcomes = outcomes.withLock { $0 }
    let kinds = ServerKind.allCases
    var lines: [String] = ["", "Conformance: " + kinds.map(\.rawValue).joined(separator: " | ")]
    var notes: [String] = []
    var counts: [ServerKind: (passed: Int, failed: Int, other: Int, lacking: Int)] = [:]
    for (number, behavior) in Behavior.all.enumerated() {
      let row = outcomes[number] ?? [:]
      let marks = kinds.map { row[$0]?.mark ?? " " }.joined(separator: " ")
      lines.append("  \(marks)  \(behavior.name)")
      for kind in kinds {
        switch row[kind] {
        case .passed: counts[kind, default: (0, 0, 0, 0)].passed += 1
        case .failed: counts[kind, default: (0, 0, 0, 0)].failed += 1
        case .differs(let why):
          counts[kind, default: (0, 0, 0, 0)].other += 1
          notes.append("  – \(behavior.name): \(why)")
        case .lacking(let why):
          counts[kind, default: (0, 0, 0, 0)].lacking += 1
          notes.append("  ∅ \(why)")
        case nil: break
        }
      }
    }
    for kind in kinds {
      let count = counts[kind] ?? (0, 0, 0, 0)
      lines.append(
        "\(kind.rawValue): \(count.passed) ✔, \(count.failed) ✘, \(count.other) –, \(count.lacking) ∅")
    }
    if !RealServer.isAvailable { notes.append("  – kube-apiserver was skipped: \(RealServer.remedy)") }
    return (lines + notes).joined(separator: "\n") + "\n"
  }
}
