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

/// A hub whose gateway is served by real TLS servers, a clock that is set by hand, and clients that never rest.
package final class RotationScene: Sendable {
  /// What was on the hub, with the time.
  package struct History: Sendable {
    /// One bundle of the APIService, since some time.
    struct Bundle: Sendable {
      var pem: [UInt8]
      var count: Int
      var since: Date
    }

    /// How many rotations there were, and why.
    package struct Rotations: Sendable {
      package var requested = 0
      package var byTime = 0
      package var all: Int { requested + byTime }
    }

    package var pairs: [Kubelet.Pair] = []
    var bundles: [Bundle] = []
    var signer: [String: SecretBytes] = [:]
    /// The annotations that tell which request was obeyed last.
    var obeyed = (authority: "", leaf: "")
    /// The key of the authority that signed the last leaf.
    var issuer: String?
    package var authorities = Rotations()
    /// Of leaves alone, under the authority that signed the one before too.
    package var leaves = Rotations()
    /// The leaves that were replaced because their authority was.
    package var leavesWithAuthority = 0
  }

  /// What the clients did.
  package struct Tally: Sendable {
    package var handshakes: [String: Int] = [:]
    /// What the first failures were.
    package var failures: [String] = []
    package var failureCount = 0
    package var all: Int { handshakes.values.reduce(0, +) }
  }

  static let installNamespace = "vela-system"
  package static let serverName = "cluster-gateway.vela-system.svc"
  /// The most seconds by which a client's bundle is behind.
  package static let bundleLag = 60.0

  let hub: MemoryHub
  package let clock: SceneClock
  let kubelet: Kubelet
  let gate = Gate()
  private let state: Mutex<(history: History, tally: Tally, isOver: Bool)>

  /// A hub on which the gateway's leaves live for 15 days and its authorities for 60. `onTime` is told whenever the
  /// clock is set.
  package init(
    startingAt start: Date, delays: Kubelet.Delays = Kubelet.Delays(), seed: UInt64,
    onTime: @escaping @Sendable (Date) -> Void = { _ in }
  ) throws {
    // A server may go while it is being written to.
    signal(SIGPIPE, SIG_IGN)
    let clock = SceneClock(start, onTime)
    self.clock = clock
    var spec = OCMHub.direct
    spec.certificates.validity = "360h"
    spec.certificates.caValidity = "1440h"
    var server = MemoryAPIServer(at: clock.now)
    try OCMHub(configuration: spec).install(on: &server, at: clock.now)
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("handshakes-\(UUID())")
    kubelet = Kubelet(directory: directory, delays: delays, seed: seed &+ 1)
    hub = MemoryHub(server, automaticGarbageCollection: false, now: { clock.now })
    state = Mutex((History(), Tally(), false))
  }

  package var history: History { state.withLock { $0.history } }
  package var tally: Tally { state.withLock { $0.tally } }
  package var handshakes: Int { state.withLock { $0.tally.all } }

  // MARK: The hub

  /// Notes what changed of what servers and clients take.
  func note(_ server: MemoryAPIServer) {
    let now = clock.now
    let signer = server.object(
      Secret.self, namespace: ManagerIdentity().namespace, name: ManagerIdentity().signerSecretName)
    let serving = server.object(
      Secret.self, namespace: RotationScene.installNamespace, name: GatewayNames.servingSecret)
    let bundle = server.object(APIService.self, name: GatewayNames.apiService)?.spec.caBundle
    func obeyed(_ secret: Secret) -> String {
      secret.metadata.annotations[GatewayAnnotations.rotatedFor] ?? ""
    }
    state.withLock { state in
      if let serving, let certificate = serving.data["tls.crt"], let key = serving.data["tls.key"],
        state.history.pairs.last?.certificate != certificate
      {
        let issuer = (try? Certificate.chain(pem: certificate).first)?.facts.authorityKeyIdentifier
        if !state.history.pairs.isEmpty {
          if state.history.issuer != issuer {
            state.history.leavesWithAuthority += 1
          } else if state.history.obeyed.leaf != obeyed(serving) {
            state.history.leaves.requested += 1
          } else {
            state.history.leaves.byTime += 1
          }
        }
        (state.history.obeyed.leaf, state.history.issuer) = (obeyed(serving), issuer)
        state.history.pairs.append(Kubelet.Pair(certificate: certificate, key: key, since: now))
      }
      if let bundle, state.history.bundles.last?.pem != bundle {
        let count = String(decoding: bundle, as: UTF8.self).components(separatedBy: "BEGIN").count - 1
        state.history.bundles.append(History.Bundle(pem: bundle, count: count, since: now))
      }
      if let signer, state.history.signer != signer.data {
        let before = state.history.signer[SignerKey.certificate]
        if before != nil, before != signer.data[SignerKey.certificate] {
          if state.history.obeyed.authority != obeyed(signer) {
            state.history.authorities.requested += 1
          } else {
            state.history.authorities.byTime += 1
          }
          state.history.obeyed.authority = obeyed(signer)
        }
        state.history.signer = signer.data
      }
    }
  }

  // MARK: Clients

  /// Lets a client of its own thread shake hands until the end.
  package func start(_ client: sending any HandshakeClient, seed: UInt64) {
    // Taken over by the thread.
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
    let known = now.addingTimeInterval(-Double.random(in: 0...RotationScene.bundleLag, using: &random))
    let bundle = state.withLock { state in
      state.history.bundles.last { $0.since <= known } ?? state.history.bundles.last
    }
    guard let bundle, let port = kubelet.ports.randomElement(using: &random) else {
      usleep(1000)
      return
    }
    let failure = client.failure(
      port: port, bundle: bundle.pem, serverName: RotationScene.serverName, at: now)
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
          \(client.stack) at \(Timestamp(now)) with \(bundle.count) authorities since \(Timestamp(bundle.since)): \(failure)
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

/// A clock that is set by hand.
package final class SceneClock: Sendable {
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
