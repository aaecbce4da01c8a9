import CertificatePolicy
import Foundation
import GatewayAPI
import GatewayReconcile
import GatewayTesting
import KubeCore
import KubeKindsAPIRegistration
import KubeKindsApps
import KubeKindsCore
import KubeKindsRBAC
import KubeReconcile
import KubeTransport
import OCMSimulator
import Testing

@Suite struct RepairTests {
  @Test func `emptied and deleted objects are repaired`() {
    let first = runningWorld()
    for key in [
      ObjectKey(Role.type, namespace: setup.secretNamespace, name: "cluster-gateway"),
      ObjectKey(Secret.type, namespace: setup.installNamespace, name: "cluster-gateway-tls-cert"),
      ObjectKey(Deployment.type, namespace: setup.installNamespace, name: "gateway-deployment"),
    ] {
      var world = first
      world.delete(key)
      #expect(convergeManager(&world))
      #expect(world.read(key) != nil)
    }
    var world = first
    world.merge(
      ObjectKey(Secret.type, namespace: setup.proxyNamespace, name: setup.caSecret),
      ["data": ["ca.crt": "bmV3"]])
    #expect(convergeManager(&world))
    #expect(
      world.objects.value(Secret.self, namespace: setup.installNamespace, name: setup.caSecret)?.data[
        "ca.crt"]
        == SecretBytes(utf8: "new"))
  }

  @Test func `fields that another tool applies are left to it, and the others are maintained`() throws {
    var world = runningWorld()
    let key = ObjectKey(Deployment.type, namespace: setup.installNamespace, name: "gateway-deployment")
    var claim: JSONValue = ["apiVersion": "apps/v1", "kind": "Deployment", "spec": ["replicas": 5]]
    claim["metadata"] = ["name": .string(key.name), "namespace": .string(setup.installNamespace)]
    _ = world.send(.apply(key, claim, fieldManager: "autoscaler", force: true))
    world.merge(
      ObjectKey(ClusterGatewayConfiguration.type, name: "cluster-gateway"),
      ["spec": ["image": "registry.example/cluster-gateway:v2"]])
    world.refresh()
    #expect(world.codes.contains("OwnedByAnother"))
    #expect(convergeManager(&world))
    let deployment = try #require(
      world.objects.value(Deployment.self, namespace: key.namespace, name: key.name))
    #expect(deployment.spec.replicas == 5)
    #expect(deployment.spec.template.spec.containers.first?.image == "registry.example/cluster-gateway:v2")
    #expect(world.codes.contains("OwnedByAnother"))
  }

  @Test func `no certificate is issued for a Secret of which another tool owns a part`() throws {
    var world = runningWorld()
    let key = ObjectKey(Secret.type, namespace: setup.installNamespace, name: "cluster-gateway-tls-cert")
    var claim: JSONValue = ["apiVersion": "v1", "kind": "Secret", "data": ["tls.crt": "Z2l0b3Bz"]]
    claim["metadata"] = ["name": .string(key.name), "namespace": .string(setup.installNamespace)]
    _ = world.send(.apply(key, claim, fieldManager: "gitops", force: true))
    world.refresh()
    #expect(world.changes == [] && world.plan.issuanceRequests == [])
    #expect(world.codes.contains("OwnedByAnother"))
  }

  @Test func `an object without managedFields is not reported as foreign`() throws {
    // As `kubectl get -o yaml` shows it.
    let world = goWorld()
    let objects = ObservedObjects(
      try world.objects.everything.map { object throws(FieldError) in
        var json = object.json
        json.set(nil, at: ["metadata", "managedFields"])
        return try DynamicObject(json)
      })
    let plan = reconcile(world.hubState(objects, issued: []), at: world.now)
    let findings = plan.findings.filter { ["ForeignObject", "OwnershipUnknown"].contains($0.code) }
    #expect(!findings.isEmpty)
    #expect(findings.allSatisfy { $0.code == "OwnershipUnknown" && !$0.remedy.contains("delete") })
  }

  @Test func `a corrupt CA is reported`() {
    var world = runningWorld()
    world.merge(world.signerKey, ["data": ["ca.crt": "Z2FyYmFnZQ=="]])
    #expect(world.codes.contains("CurrentCAUnusable"))
    // Its condition reports it, too.
    #expect(convergeManager(&world))
    #expect(world.rotating?["status"] == "Unknown")
    #expect(world.isServed)
  }

  @Test func `another CA is trusted before it signs`() {
    var world = runningWorld()
    world.replaceSigner(serial: "other", keyMatches: true)
    #expect(world.plan.issuanceRequests == [])
    #expect(convergeManager(&world))
    #expect(world.hub.installation.certificates.bundle.count == 2)
    #expect(world.codes.contains("AwaitingTrustBundle"))
    world.step(.time)
    for _ in 0..<4 {
      for patch in world.plan.patches {
        world.apply(patch)
        #expect(world.isServed)
      }
      world.round()
    }
    #expect(world.plan.changesNothing)
    #expect(world.hub.installation.certificates.serving.facts?.signerFingerprints == ["print-other"])
  }

  @Test func `a CA that is due for renewal is followed by another`() {
    var world = goWorld()
    _ = world.converge()
    world.now += 2_800 * 86_400
    #expect(convergeManager(&world))
    #expect(world.isServed)
    #expect(world.hub.installation.certificates.bundle.count == 2)
  }

  @Test func `where nothing is served, the successor of an expired CA signs at once`() {
    var world = runningWorld()
    world.now += 4_000 * 86_400
    world.delete(ObjectKey(Secret.type, namespace: setup.installNamespace, name: "cluster-gateway-tls-cert"))
    #expect(world.plan.issuanceRequests.map(\.id) == ["next-ca"])
    world.round()
    let coming = world.issued.first?.facts.leaf?.fingerprint
    #expect(coming != nil)
    #expect(world.plan.issuanceRequests.map(\.issuerFingerprint) == [coming])
    world.round()
    world.round()
    #expect(world.hub.installation.certificates.serving.facts?.signerFingerprints.first == coming)
    #expect(convergeManager(&world))
  }

  @Test func `an add-on that is created again after its kept CA has expired comes up under another CA`()
    throws
  {
    var world = runningWorld()
    let ca = try #require(world.hub.installation.certificates.ca.leaf)
    world.delete(ObjectKey(ClusterManagementAddOn.type, name: "cluster-gateway"))
    world.collectGarbage()
    world.now = ca.notAfter.addingTimeInterval(86_400)
    #expect(world.read(world.signerKey) != nil && !world.isServed)
    world.put(Document.addOn())
    #expect(converge(&world))
    #expect(world.isServed)
    #expect(world.hub.installation.certificates.ca.leaf != ca)
  }

  /// It expires with its CA, and so is old for its validity from the start.
  @Test func `a leaf certificate that is issued shortly before its CA expires is stored`() throws {
    var world = runningWorld()
    let ca = try #require(world.hub.installation.certificates.ca.leaf)
    world.now = ca.notAfter.addingTimeInterval(-7200)
    #expect(convergeManager(&world))
    let serving = try #require(world.hub.installation.certificates.serving.facts)
    #expect(serving.signerFingerprints == [ca.fingerprint])
    #expect(serving.leaf?.notAfter == ca.notAfter)
    #expect(world.isServed)
  }

  @Test func `a CA is rotated step by step without a gap`() {
    var world = goWorld()
    _ = world.converge()
    let old = world.hub.installation.certificates.ca.leaf
    func certificates() -> CertificateObservations { world.hub.installation.certificates }
    func advance(_ other: OtherController? = nil) {
      if let other { world.step(other) }
      for _ in 0..<5 {
        for patch in world.plan.patches {
          world.apply(patch)
          #expect(world.isServed)
        }
        world.round()
      }
      #expect(world.plan.changesNothing)
    }
    world.merge(
      ObjectKey(ClusterGatewayConfiguration.type, name: "cluster-gateway"),
      ["metadata": ["annotations": [GatewayAnnotations.rotateCA: "now"]]])
    advance()
    let next = certificates().nextCA.leaf
    #expect(next != nil)
    #expect(certificates().bundle.count == 2)
    #expect(certificates().serving.facts?.signerFingerprints.contains(old?.fingerprint ?? "") == true)
    advance(.time)
    #expect(certificates().serving.facts?.signerFingerprints == next.map { Set([$0.fingerprint]) })
    #expect(certificates().ca.leaf == old)
    #expect(world.codes.contains("OldCAStillTrusted"))
    advance(.endpoints)
    advance(.time)
    #expect(certificates().bundle.count == 2)
    #expect(world.plan.endpointProbes.count == 3)
    #expect(world.rotating?["status"] == "True")
    world.step(.probes)
    // Another replica may have written the next CA: with an older view of the Secret no CA is removed from the bundle.
    let signer = ObjectKey(
      Secret.type, namespace: ManagerIdentity().namespace, name: ManagerIdentity().signerSecretName)
    let drop = world.plan.patches.first { $0.target.type == APIService.type }
    #expect(drop?.dependency == signer)
    guard
      case .uidAndResourceVersion? = world.plan.patches.first(where: { $0.target == signer })?.precondition
    else {
      Issue.record("nothing ties the bundle to the Secret: \(world.plan.patches)")
      return
    }
    advance()
    #expect(certificates().bundle.count == 1)
    #expect(certificates().bundle.first == next)
    #expect(certificates().ca.leaf == next)
    #expect(certificates().nextCA == .absent)
    #expect(!world.codes.contains("OldCAStillTrusted"))
    #expect(world.rotating?["status"] == "False")
  }

  @Test func `an annotation rotates once for each value`() {
    var world = runningWorld()
    let key = ObjectKey(ClusterGatewayConfiguration.type, name: "cluster-gateway")
    func leaf() -> String? { world.hub.installation.certificates.serving.leaf?.fingerprint }
    let first = leaf()
    world.merge(key, ["metadata": ["annotations": [GatewayAnnotations.rotateServing: "one"]]])
    #expect(convergeManager(&world))
    let second = leaf()
    #expect(second != first)
    world.now += 60
    #expect(world.plan.changesNothing)
    world.merge(key, ["metadata": ["annotations": [GatewayAnnotations.rotateServing: "two"]]])
    #expect(convergeManager(&world))
    #expect(leaf() != second)
    world.merge(key, ["metadata": ["annotations": [GatewayAnnotations.rotateCA: "one"]]])
    #expect(convergeManager(&world))
    #expect(world.hub.installation.certificates.nextCA.leaf != nil)
    let old = world.hub.installation.certificates.ca.leaf
    #expect(converge(&world))
    #expect(world.hub.installation.certificates.ca.leaf != old)
    #expect(world.hub.installation.certificates.nextCA == .absent)
    #expect(world.plan.changesNothing)
  }

  /// That of a second manager, which has a CA of its own, also signs whenever it sees another's.
  @Test func `a certificate that another manager signed is reported, and replaced after a while`() throws {
    var world = runningWorld()
    world.step(.time)
    let own = try #require(world.hub.installation.certificates.ca.leaf)
    let (from, to) = (world.now - 3600, world.now + 100 * 86_400)
    let ca = SimulatedPKI.line(serial: "other", issuer: "other", from: from, to: to, isCA: true)
    let leaf = SimulatedPKI.line(
      serial: "others", issuer: "other", names: GatewayNames.serverNames(in: setup.installNamespace),
      from: from, to: to, isCA: false)
    world.merge(
      ObjectKey(APIService.type, name: GatewayNames.apiService),
      ["spec": ["caBundle": .string(Document.base64(own.pem + ca))]])
    world.merge(
      ObjectKey(Secret.type, namespace: setup.installNamespace, name: GatewayNames.servingSecret),
      [
        "data": [
          "tls.crt": .string(Document.base64(leaf + ca)),
          "tls.key": .string(Document.base64("\(SimulatedPKI.keyMark)|others")),
        ]
      ])
    for _ in 0..<3 { world.round() }
    #expect(world.isServed)
    #expect(world.plan.issuanceRequests == [])
    #expect(world.findings("AnotherCASigns").map(\.severity) == [.error])
    #expect(world.plan.requeueAfter.map { $0 <= .seconds(300) } ?? false)
    world.now += 300
    #expect(converge(&world))
    let serving = world.hub.installation.certificates.serving.facts
    #expect(serving?.signerFingerprints == [own.fingerprint])
  }

  /// Interleavings of the writes of two managers that know nothing of each other.
  @Test func `two managers that start at once agree on one CA`() {
    for order in [0b0101_0101, 0b0011_0011, 0b0000_1111] {
      var random = SeededGenerator(seed: UInt64(order))
      var shared = World(seed: 1)
      shared.prepare(setup)
      // The certificates that each has issued and its pending writes, from its last view.
      var issued: [[IssuedCertificate]] = [[], []]
      var waiting: [ArraySlice<ObjectPatch>] = [[], []]
      var requests: [[IssuanceRequest]] = [[], []]
      for turn in 0..<60 {
        // The order's bits decide who comes first; after that it is random.
        let who = turn < 8 ? (order >> turn) & 1 : Int.random(in: 0...1, using: &random)
        shared.issued = issued[who]
        if let patch = waiting[who].popFirst() {
          // Each stops at the first refusal and reads again, as the program does.
          if !shared.apply(patch) { waiting[who] = [] }
        } else {
          if !requests[who].isEmpty {
            shared.serial += 1
            issued[who] = shared.issue(requests[who])
          }
          shared.issued = issued[who]
          let plan = shared.plan
          waiting[who] = plan.patches[...]
          requests[who] = plan.issuanceRequests
        }
        shared.issued = []
        let certificates = shared.hub.installation.certificates
        if let signers = certificates.serving.facts?.signerFingerprints, !certificates.bundle.isEmpty {
          #expect(!signers.isDisjoint(with: certificates.bundle.map(\.fingerprint)), "order \(order)")
        }
      }
      shared.converge()
      let certificates = shared.hub.installation.certificates
      #expect(certificates.bundle.count == 1, "order \(order)")
      #expect(certificates.bundle.first == certificates.ca.leaf, "order \(order)")
      #expect(certificates.ca.facts?.keyMatches == true, "order \(order)")
      #expect(
        certificates.serving.facts?.signerFingerprints
          == certificates.ca.leaf.map { [$0.fingerprint] },
        "order \(order)")
    }
  }
}
