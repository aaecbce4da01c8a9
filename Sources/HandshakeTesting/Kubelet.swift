import Foundation
import GatewayManager
package import KubeCore
import Synchronization

/// The kubelets: each pod has its own files, which follow the Secret with a delay, and a server
/// that follows the files.
package final class Kubelet: Sendable {
  /// The delays with which a change of the Secret reaches the files of a pod.
  package struct Delays: Sendable {
    /// The normal maximum, in seconds.
    package var usual = 90.0
    /// The share of changes during which a node is stuck.
    package var stuckShare = 1.0 / 40
    /// The maximum while a node is stuck, in seconds.
    package var stuck = 3600.0

    package init() {}
  }

  /// A key pair in the serving Secret, and the time when it was written.
  package struct Pair: Sendable {
    package var certificate: SecretBytes
    var key: SecretBytes
    var since: Date
  }

  private struct RunningPod {
    var address: String
    var directory: URL
    var server: GatewayServer
    /// The delay of each version of the Secret, in seconds.
    var delays: [Int: Double] = [:]
    /// The newest version when the pod was created; no node is stuck with the earlier ones.
    var bornAt: Int
    var version = -1
    var nextReload: Date
  }

  private struct State {
    var pods: [String: RunningPod] = [:]
    var random: SeededRandom
  }

  /// The interval at which a server checks its files, in seconds.
  private static let reloadInterval = 10.0

  private let directory: URL
  private let delays: Delays
  private let state: Mutex<State>

  init(directory: URL, delays: Delays, seed: UInt64) {
    self.directory = directory
    self.delays = delays
    state = Mutex(State(random: SeededRandom(seed: seed)))
  }

  /// The ports of the servers that have a certificate.
  var ports: [Int] {
    state.withLock { state in
      state.pods.sorted { $0.key < $1.key }.filter { $0.value.version >= 0 }.map(\.value.server.port)
    }
  }

  /// The addresses of the pods, by name.
  var addresses: [String: String] { state.withLock { $0.pods.mapValues(\.address) } }

  func port(of address: String) -> Int? {
    state.withLock { state in state.pods.values.first { $0.address == address }?.server.port }
  }

  /// A description of the server at a port, to diagnose a failure.
  func description(of port: Int) -> String {
    state.withLock { state in
      guard let (name, pod) = state.pods.first(where: { $0.value.server.port == port }) else {
        return "no pod"
      }
      return
        "pod \(name) (\(pod.address)), born with \(pod.bornAt) versions, files at version \(pod.version), "
        + "\(pod.server.reloads) reloads, next at \(Timestamp(pod.nextReload)), serving what is valid until "
        + (pod.server.notAfter.map { "\(Timestamp($0))" } ?? "an unknown time")
    }
  }

  /// Whether every pod's files are up to date.
  func isCurrent(_ pairs: [Pair]) -> Bool {
    state.withLock { state in
      !state.pods.isEmpty && state.pods.values.allSatisfy { $0.version == pairs.count - 1 }
    }
  }

  /// Starts servers for new pods, and returns those of deleted pods.
  func follow(_ addresses: [String: String], _ pairs: [Pair], at now: Date) throws -> [GatewayServer] {
    try state.withLock { state in
      var gone: [GatewayServer] = []
      for (name, pod) in state.pods where addresses[name] == nil {
        gone.append(pod.server)
        state.pods[name] = nil
        try? FileManager.default.removeItem(at: pod.directory)
      }
      for (name, address) in addresses.sorted(by: { $0.key < $1.key }) where state.pods[name] == nil {
        state.pods[name] = RunningPod(
          address: address, directory: directory.appendingPathComponent(name), server: try GatewayServer(),
          bornAt: pairs.count, nextReload: now)
      }
      return gone
    }
  }

  /// Writes the files that are due.
  func write(_ pairs: [Pair], at now: Date) throws {
    try state.withLock { state in
      for name in state.pods.keys.sorted() {
        guard var pod = state.pods[name], !pairs.isEmpty else { continue }
        var due = max(0, pod.version)
        for version in (due..<pairs.count).suffix(50) {
          let delay =
            pod.delays[version]
            ?? Kubelet.delay(
              delays, mayStick: version >= pod.bornAt, &state.random)
          pod.delays[version] = delay
          if pairs[version].since.addingTimeInterval(delay) <= now { due = max(due, version) }
        }
        if due != pod.version {
          try Kubelet.write(pairs[due], version: due, below: pod.directory)
          let isFirst = pod.version < 0
          pod.version = due
          pod.delays = pod.delays.filter { $0.key > due }
          if isFirst { pod.server.reload(from: pod.directory.appendingPathComponent("current")) }
        }
        state.pods[name] = pod
      }
    }
  }

  /// Writes and reloads what was due during a jump of the clock, up to two intervals ago. The rest
  /// is left to ``write(_:at:)`` and ``reload(at:)``, concurrently with handshakes.
  func catchUp(with pairs: [Pair], at now: Date) throws {
    let before = now.addingTimeInterval(-2 * Kubelet.reloadInterval)
    try write(pairs, at: before)
    reload(at: before)
  }

  /// Has each server check its files, as it does every ten seconds.
  func reload(at now: Date) {
    let due = state.withLock { state in
      state.pods.keys.sorted().compactMap { name -> (GatewayServer, URL)? in
        guard let pod = state.pods[name], pod.nextReload <= now else { return nil }
        state.pods[name]?.nextReload = now.addingTimeInterval(Kubelet.reloadInterval)
        return (pod.server, pod.directory)
      }
    }
    // Without the lock: the files may change meanwhile.
    for (server, directory) in due { server.reload(from: directory.appendingPathComponent("current")) }
  }

  func stop() {
    state.withLock { state in
      for pod in state.pods.values { pod.server.stop() }
      state.pods = [:]
    }
    try? FileManager.default.removeItem(at: directory)
  }

  private static func delay(_ delays: Delays, mayStick: Bool, _ random: inout SeededRandom) -> Double {
    let isStuck = mayStick && Double.random(in: 0..<1, using: &random) < delays.stuckShare
    return Double.random(in: 0...(isStuck ? delays.stuck : delays.usual), using: &random)
  }

  /// Replaces all files of a version in one step, by a symbolic link, as a kubelet does.
  private static func write(_ pair: Pair, version: Int, below directory: URL) throws {
    let files = FileManager.default
    let place = directory.appendingPathComponent("v\(version)")
    try files.createDirectory(at: place, withIntermediateDirectories: true)
    let crt = pair.certificate.exposedText() ?? ""
    let key = pair.key.exposedText() ?? ""
    try Data(crt.utf8).write(to: place.appendingPathComponent("tls.crt"))
    try Data(key.utf8).write(to: place.appendingPathComponent("tls.key"))
    let (link, current) = (
      directory.appendingPathComponent("next"), directory.appendingPathComponent("current")
    )
    let previous = try? files.destinationOfSymbolicLink(atPath: current.path)
    try files.createSymbolicLink(atPath: link.path, withDestinationPath: "v\(version)")
    guard rename(link.path, current.path) == 0 else {
      throw Loopback.Failure(description: "can't rename \(link.path)")
    }
    if let previous { try? files.removeItem(at: directory.appendingPathComponent(previous)) }
  }
}
