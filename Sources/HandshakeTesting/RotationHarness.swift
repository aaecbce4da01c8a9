import CertificatePolicy
package import Foundation
import GatewayAPI
import GatewayPKI
import GatewayReconcile
import KubeCore
import KubeKindsAPIRegistration
import KubeKindsCore
import KubeMemory
import KubeTransport
import OCMSimulator
import Synchronization

/// A hub whose gateway is served by real TLS servers, a clock that is set by the test, and clients
/// that connect continuously.
package final class RotationHarness: Sendable {
  /// The history of the hub's certificates, with times.
  package struct History: Sendable {
    /// A bundle of the APIService, and the time when it was written.
    struct Bundle: Sendable {
      var pem: [UInt8]
      var count: Int
      var since: Date
    }

    /// The number of rotations, by cause.
    package struct Rotations: Sendable {
      package var requested = 0
      package var byTime = 0
      package var all: Int { requested + byTime }
    }

    package var pairs: [Kubelet.Pair] = []
    var bundles: [Bundle] = []
    var signer: [String: SecretBytes] = [:]
    /// The values of the annotations that record the last handled requests.
    var handledRequests = (ca: "", leaf: "")
    /// The key of the CA that signed the last leaf certificate.
    var issuer: String?
    package var caRotations = Rotations()
    /// The rotations of leaf certificates alone, under the same CA.
    package var leaves = Rotations()
    /// The number of leaf certificates that were replaced with their CA.
    package var leavesWithCA = 0
  }

  /// The results of the clients.
  package struct Tally: Sendable {
    package var handshakes: [String: Int] = [:]
    /// The first failures.
    package var failures: [String] = []
    package var failureCount = 0
    package var all: Int { handshakes.values.reduce(0, +) }
  }

  static let installNamespace = "vela-system"
  package static let serverName = "cluster-gateway.vela-system.svc"
  /// The maximum delay of a client's bundle, in seconds.
  package static let bundleLag = 60.0

  let hub: InMemoryCluster
  package let clock: HarnessClock
  let kubelet: Kubelet
  let gate = Gate()
  private let state: Mutex<(history: History, tally: Tally, isOver: Bool)>

  /// Creates a hub on which the gateway's leaf certificates are valid for 15 days and its CAs for
  /// 60. `onTime` is called whenever the clock is set.
  package init(
    startingAt start: Date, delays: Kubelet.Delays = Kubelet.Delays(), seed: UInt64,
    onTime: @escaping @Sendable (Date) -> Void = { _ in }
  ) throws {
    // A server may be stopped while it is being written to.
    signal(SIGPIPE, SIG_IGN)
    let clock = HarnessClock(start, onTime)
    self.clock = clock
    var spec = OCMHub.direct
    spec.certificates.validity = "360h"
    spec.certificates.caValidity = "1440h"
    var server = MemoryAPIServer(at: clock.now)
    try OCMHub(configuration: spec).install(on: &server, at: clock.now)
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("handshakes-\(UUID())")
    kubelet = Kubelet(directory: directory, delays: delays, seed: seed &+ 1)
    hub = InMemoryCluster(server, automaticGarbageCollection: false, now: { clock.now })
    state = Mutex((History(), Tally(), false))
  }

  package var history: History { state.withLock { $0.history } }
  package var tally: Tally { state.withLock { $0.tally } }
  package var handshakes: Int { state.withLock { $0.tally.all } }

  // MARK: The hub

  /// Records the changes of what servers and clients read.
  func record(_ server: MemoryAPIServer) {
    let now = clock.now
    let signer = server.object(
      Secret.self, namespace: ManagerIdentity().namespace, name: ManagerIdentity().signerSecretName)
    let serving = server.object(
      Secret.self, namespace: RotationHarness.installNamespace, name: GatewayNames.servingSecret)
    let bundle = server.object(APIService.self, name: GatewayNames.apiService)?.spec.caBundle
    func handledRequest(_ secret: Secret) -> String {
      secret.metadata.annotations[GatewayAnnotations.rotatedFor] ?? ""
    }
    state.withLock { state in
      if let serving, let certificate = serving.data["tls.crt"], let key = serving.data["tls.key"],
        state.history.pairs.last?.certificate != certificate
      {
        let issuer = (try? Certificate.chain(pem: certificate).first)?.facts.authorityKeyIdentifier
        if !state.history.pairs.isEmpty {
          if state.history.issuer != issuer {
            state.history.leavesWithCA += 1
          } else if state.history.handledRequests.leaf != handledRequest(serving) {
            state.history.leaves.requested += 1
          } else {
            state.history.leaves.byTime += 1
          }
        }
        (state.history.handledRequests.leaf, state.history.issuer) = (handledRequest(serving), issuer)
        state.history.pairs.append(Kubelet.Pair(certificate: certificate, key: key, since: now))
      }
      if let bundle, state.history.bundles.last?.pem != bundle {
        let count = String(decoding: bundle, as: UTF8.self).components(separatedBy: "BEGIN").count - 1
        state.history.bundles.append(History.Bundle(pem: bundle, count: count, since: now))
      }
      if let signer, state.history.signer != signer.data {
        let before = state.history.signer[SignerKey.certificate]
        if before != nil, before != signer.data[SignerKey.certificate] {
          if state.history.handledRequests.ca != handledRequest(signer) {
            state.history.caRotations.requested += 1
          } else {
            state.history.caRotations.byTime += 1
          }
          state.history.handledRequests.ca = handledRequest(signer)
        }
        state.history.signer = signer.data
      }
    }
  }

  // MARK: Clients

  /// Runs a client in its own thread until the end.
  package func start(_ client: sending any HandshakeClient, seed: UInt64) {
    // The thread owns it from here on.
    nonisolated(unsafe) let client = client
    Thread.detachNewThread {
      var random = SeededRandom(seed: seed)
      while !self.state.withLock({ $0.isOver }) {
        self.gate.pass { self.shakeHands(client, &random) }
      }
    }
  }

  private func shakeHands(_ client: any HandshakeClient, _ random: inout SeededRandom) {
    let now = clock.now
    let known = now.addingTimeInterval(-Double.random(in: 0...RotationHarness.bundleLag, using: &random))
    let bundle = state.withLock { state in
      state.history.bundles.last { $0.since <= known } ?? state.history.bundles.last
    }
    guard let bundle, let port = kubelet.ports.randomElement(using: &random) else {
      usleep(1000)
      return
    }
    let failure = client.failure(
      port: port, bundle: bundle.pem, serverName: RotationHarness.serverName, at: now)
    let pod = failure.map { _ in kubelet.description(of: port) } ?? ""
    state.withLock { state in
      state.tally.handshakes[client.stack, default: 0] += 1
      guard let failure else { return }
      state.tally.failureCount += 1
      if state.tally.failures.count < 20 {
        let bundles = state.history.bundles.suffix(3).map { "\($0.count) since \(Timestamp($0.since))" }
        let pairs = state.history.pairs.enumerated().suffix(3).map {
          "version \($0.offset) since \(Timestamp($0.element.since))"
        }
        state.tally.failures.append(
          """
          \(client.stack) at \(Timestamp(now)) with \(bundle.count) CAs since \(Timestamp(bundle.since)): \(failure)
              \(pod); the Secret has \(pairs.joined(separator: ", ")); the bundle \(bundles.joined(separator: ", "))
          """)
      }
    }
  }

  /// Ends clients and servers.
  package func end() {
    state.withLock { $0.isOver = true }
    gate.alone {}
    kubelet.stop()
  }
}

/// A clock that is set by the test.
package final class HarnessClock: Sendable {
  private let time: Mutex<Date>
  private let onTime: @Sendable (Date) -> Void

  init(_ start: Date, _ onTime: @escaping @Sendable (Date) -> Void) {
    time = Mutex(start)
    self.onTime = onTime
    onTime(start)
  }

  package var now: Date { time.withLock { $0 } }

  func move(bySeconds seconds: Double) {
    onTime(
      time.withLock { time in
        time += seconds
        return time
      })
  }
}
