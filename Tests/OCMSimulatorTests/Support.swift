import CertificatePolicy
import Foundation
import GatewayAPI
import GatewayManager
import GatewayPKI
import GatewayReconcile
import KubeCore
import KubeKindsAPIRegistration
import KubeKindsCore
import KubeMemory
import KubeReconcile
import KubeRuntime
import KubeTesting
import KubeTransport
import OCMSimulator
import Synchronization
import Testing

/// A hub with the manager, which runs by rounds, the simulated controllers, and a clock that the
/// test moves.
final class HubHarness {
  /// The invariants that are checked after every write.
  final class Watch: Sendable {
    /// The certificates that pods may still present, each with the time until which it was in the
    /// Secret.
    struct Served {
      var chain: SecretBytes
      var until: Date
    }

    private let state = Mutex((broken: [String](), served: [String: Served](), current: String?.none))
    /// The time after a change of their Secret in which pods may present the certificate before;
    /// `nil` for no limit.
    private let lag: Double?

    init(lag: Double? = nil) { self.lag = lag }

    var broken: [String] { state.withLock { $0.broken } }
    var served: [Served] { state.withLock { Array($0.served.values) } }

    func look(at server: MemoryAPIServer, at time: Date) {
      state.withLock { state in
        for problem in Watch.tunnelProblems(server)
          + trustProblems(server, &state.served, &state.current, at: time)
          + Watch.mountProblems(server)
        where !state.broken.contains(problem) {
          state.broken.append(problem)
        }
      }
    }

    private static func pods(_ server: MemoryAPIServer) -> [Pod] {
      server.objects(Pod.self).filter { $0.metadata.labels[GatewayLabels.addOnName] != nil }
    }

    /// Checks that no Secret has the tunnel's endpoint type while a pod lacks the tunnel.
    private static func tunnelProblems(_ server: MemoryAPIServer) -> [String] {
      let ignorant = pods(server).filter { pod in
        !pod.spec.containers.flatMap(\.args).contains { $0.hasPrefix("--proxy-host=") }
      }
      guard !ignorant.isEmpty else { return [] }
      return server.objects(Secret.self)
        .filter { $0.metadata.labels[GatewayLabels.endpointType] == "ClusterProxy" }
        .map { "\($0.key) leads into the tunnel, which \(ignorant.count) pods don't know" }
    }

    /// Checks that the bundle trusts every unexpired certificate that may be presented: all that
    /// were ever served if pods may never have reloaded.
    private func trustProblems(
      _ server: MemoryAPIServer, _ served: inout [String: Served], _ current: inout String?, at time: Date
    ) -> [String] {
      if let secret = server.object(Secret.self, namespace: "vela-system", name: "cluster-gateway-tls-cert"),
        let chain = secret.data["tls.crt"], let leaf = try? Certificate.first(pem: chain)
      {
        // The last one was in the Secret until now.
        if let current { served[current]?.until = time }
        current = leaf.facts.fingerprint
        served[leaf.facts.fingerprint] = Served(chain: chain, until: time)
      }
      guard let service = server.object(APIService.self, name: "v1alpha1.cluster.core.oam.dev"),
        let bundle = service.spec.caBundle
      else { return [] }
      return served.compactMap { fingerprint, entry in
        let chain = entry.chain
        guard let leaf = try? Certificate.first(pem: chain), leaf.facts.notAfter > time else { return nil }
        if let lag, entry.until.addingTimeInterval(lag) < time { return nil }
        let verdict = Watch.verify(chain, "cluster-gateway.vela-system.svc", bundle, time)
        return verdict.map { "the bundle doesn't trust \(fingerprint.prefix(8)): \($0)" }
      }
    }

    /// Checks that everything that a running pod mounts exists, as long as the gateway should be
    /// installed.
    private static func mountProblems(_ server: MemoryAPIServer) -> [String] {
      guard server.object(ObjectKey(ClusterManagementAddOn.type, name: "cluster-gateway")) != nil else {
        return []
      }
      return pods(server).filter { $0.status.conditions.isTrue("Ready") }.flatMap { pod in
        pod.spec.volumes.compactMap { $0.secret?.secretName }.filter {
          server.object(ObjectKey(Secret.type, namespace: pod.metadata.namespace, name: $0)) == nil
        }.map { "\(pod.metadata.name) mounts \($0), which is gone" }
      }
    }

    static func verify(_ chain: SecretBytes, _ name: String, _ bundle: [UInt8], _ time: Date) -> String? {
      // Unreadable certificates of a bundle are skipped, as by API servers.
      let readable = TrustBundle(pem: SecretBytes(bundle)).pem
      guard let chain = try? Certificate.chain(pem: chain),
        let trusted = try? Certificate.chain(pem: SecretBytes(utf8: readable))
      else { return "unreadable" }
      let verdict = ChainVerifier.verify(chain: chain, serverName: name, at: time, trusting: trusted)
      return verdict.isAccepted ? nil : verdict.failures.map(\.description).joined(separator: ", ")
    }
  }

  /// Checks the invariants after every write that passes.
  private struct WatchedHub: Transport {
    let hub: InMemoryCluster
    let watch: Watch
    let clock: Clock

    func send(_ request: KubeRequest) async throws -> KubeResponse {
      let response = try await hub.send(request)
      if request.isWrite { watch.look(at: await hub.snapshot, at: clock.now) }
      return response
    }
  }

  final class Clock: Sendable {
    private let time: Mutex<Date>
    init(_ time: Date = Date(timeIntervalSince1970: 1_796_083_200)) { self.time = Mutex(time) }
    var now: Date { time.withLock { $0 } }
    func move(bySeconds seconds: Double) { time.withLock { $0 += seconds } }
  }

  /// A probe of pods that present the serving Secret's certificate of `lag` seconds ago.
  struct Pods: EndpointProbe {
    let watch: Watch
    let clock: Clock
    let lag: Double

    func presentedChain(host: String, port: Int, serverName: String) async throws -> [[UInt8]] {
      let time = clock.now.addingTimeInterval(-lag)
      let served = watch.served.sorted { $0.until < $1.until }
      let presented = served.first { $0.until > time } ?? served.last
      return try Certificate.chain(pem: presented?.chain ?? SecretBytes(utf8: "")).map(\.der)
    }
  }

  let clock: Clock
  let watch: Watch
  let hub: InMemoryCluster
  let client: KubeClient
  var rounds: ConvergenceRounds
  var controllers = SimulatedControllers.ocmHub(verify: Watch.verify)
  /// The number of steps of the simulated controllers between two rounds; `nil` for as many as are
  /// due.
  var stepsBetweenRounds: Int?
  private(set) var lastPlan = GatewayPlan()

  /// Creates a harness. With `podLag` the manager can probe the pods, which reload so many seconds
  /// late.
  init(
    _ configuration: ClusterGatewayConfiguration.Spec = OCMHub.direct, stepsBetweenRounds: Int? = nil,
    podLag: Double? = nil
  ) throws {
    self.stepsBetweenRounds = stepsBetweenRounds
    let clock = Clock()
    self.clock = clock
    let watch = Watch(lag: podLag)
    self.watch = watch
    var server = MemoryAPIServer(at: clock.now)
    try OCMHub(configuration: configuration, proxyCredentials: .example).install(
      on: &server, at: clock.now)
    hub = InMemoryCluster(server, automaticGarbageCollection: false, now: { clock.now })
    client = KubeClient(
      WatchedHub(hub: hub, watch: watch, clock: clock), fieldManager: ManagerIdentity.fieldManager)
    rounds = ConvergenceRounds(
      client, probe: podLag.map { Pods(watch: watch, clock: clock, lag: $0) }, clusterProbe: { _ in .reached }
    )
  }

  /// Creates a harness that continues from a converged world.
  init(goingOnFrom server: MemoryAPIServer, at time: Date, stepsBetweenRounds: Int?) {
    self.stepsBetweenRounds = stepsBetweenRounds
    let clock = Clock(time)
    self.clock = clock
    watch = Watch()
    hub = InMemoryCluster(server, automaticGarbageCollection: false, now: { clock.now })
    client = KubeClient(
      WatchedHub(hub: hub, watch: watch, clock: clock), fieldManager: ManagerIdentity.fieldManager)
    rounds = ConvergenceRounds(client, clusterProbe: { _ in .reached })
  }

  var server: MemoryAPIServer { get async { await hub.snapshot } }

  func join(_ cluster: String) async throws {
    let now = clock.now
    try await hub.withServer { try Registration().join(cluster, on: &$0, at: now) }
  }

  func leave(_ cluster: String) async throws {
    let now = clock.now
    try await hub.withServer { try Registration().leave(cluster, on: &$0, at: now) }
  }

  func send(_ request: KubeRequest) async throws {
    let now = clock.now
    try await hub.withServer { try $0.require(request, at: now) }
    watch.look(at: await hub.snapshot, at: now)
  }

  func configure(_ change: (inout ClusterGatewayConfiguration.Spec) -> Void) async throws {
    let observed = await server.object(ClusterGatewayConfiguration.self, name: "cluster-gateway")
    var configuration = try #require(observed)
    change(&configuration.spec)
    try await send(
      .replace(configuration.key, with: configuration.json, options: WriteOptions(fieldManager: "kubectl")))
  }

  /// Sets an annotation of the configuration, as `certs rotate` does.
  func annotate(_ annotation: String, _ value: String) async throws {
    try await send(
      .mergePatch(
        ObjectKey(ClusterGatewayConfiguration.type, name: "cluster-gateway"),
        ["metadata": ["annotations": .object(JSONObject([(annotation, JSONValue.string(value))]))]],
        options: WriteOptions(fieldManager: "kubectl")))
  }

  /// Runs rounds of the manager and steps of the others until neither has anything left to do, and
  /// returns the number of rounds.
  @discardableResult
  func converge(limit: Int = 400, sourceLocation: SourceLocation = #_sourceLocation) async throws -> Int {
    for number in 1...limit {
      clock.move(bySeconds: 1)
      let round = try await rounds.next(at: clock.now)
      lastPlan = round.plan
      if let failure = round.outcome.failure {
        Issue.record("round \(number): \(failure)", sourceLocation: sourceLocation)
      }
      var steps = 0
      while steps < stepsBetweenRounds ?? .max {
        let (controllers, now) = (controllers, clock.now)
        guard await hub.withServer({ controllers.step(on: &$0, at: now) }) != nil else { break }
        watch.look(at: await hub.snapshot, at: now)
        steps += 1
      }
      if round.plan.changesNothing && steps == 0 {
        #expect(watch.broken == [], sourceLocation: sourceLocation)
        return number
      }
    }
    Issue.record(
      "not converged after \(limit) rounds; still wanted: \(lastPlan.patches.map { "\($0.operationName) \($0.target): \($0.reason)" })",
      sourceLocation: sourceLocation)
    return limit
  }

  /// Checks that every cluster is served, once everything has converged.
  func expectServed(_ clusters: [String], sourceLocation: SourceLocation = #_sourceLocation) async throws {
    let server = await server
    let spec = try #require(server.object(ClusterGatewayConfiguration.self, name: "cluster-gateway")).spec
      .defaulted()
    let service = try #require(server.object(APIService.self, name: "v1alpha1.cluster.core.oam.dev"))
    #expect(service.status.conditions.isTrue("Available"), sourceLocation: sourceLocation)
    for cluster in clusters {
      let addOn = try #require(
        server.object(ManagedClusterAddOn.self, namespace: cluster, name: "cluster-gateway"),
        sourceLocation: sourceLocation)
      let conditions = addOn.status.conditions
      for type in ["Available", "ManifestApplied", "RegistrationApplied", "Configured"] {
        #expect(conditions.isTrue(type), "\(cluster) \(type)", sourceLocation: sourceLocation)
      }
      #expect(
        conditions.condition("Progressing")?.reason == "Completed", "\(cluster)",
        sourceLocation: sourceLocation)
      let token = try #require(
        server.object(Secret.self, namespace: cluster, name: spec.managedServiceAccountName),
        sourceLocation: sourceLocation)
      let secret = try #require(
        server.object(Secret.self, namespace: spec.secretNamespace, name: cluster),
        sourceLocation: sourceLocation)
      #expect(secret.data == token.data, sourceLocation: sourceLocation)
      #expect(
        secret.metadata.labels[GatewayLabels.endpointType]
          == (spec.egress.type == .clusterProxy ? "ClusterProxy" : "Const"),
        sourceLocation: sourceLocation)
    }
    // Once converged, nothing is written.
    let version = server.resourceVersion
    _ = try await rounds.next(at: clock.now)
    #expect(await self.server.resourceVersion == version, sourceLocation: sourceLocation)
  }
}
