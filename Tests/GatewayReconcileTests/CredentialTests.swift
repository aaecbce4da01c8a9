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
import Testing

/// The manager's gateway Secret exists only while its cluster takes part and its identity is the
/// one that it was copied from.
@Suite struct CredentialInvariantTests {
  @Test func `pods switch to another namespace once it has every Secret, and the former one is emptied`() {
    let clusters = ["one", "two", "three"]
    var world = runningWorld(clusters: clusters)
    var changed = setup
    changed.secretNamespace = "elsewhere"
    world.configure(changed)
    var hasConverged = false
    for _ in 0..<20 where !hasConverged {
      hasConverged = world.round().changesNothing
      let reads = World.arguments(world.servingDeployment).first { $0.hasPrefix("--secret-namespace=") }
      if reads == "--secret-namespace=elsewhere" {
        for name in clusters { #expect(world.credential("elsewhere", name) != nil) }
      }
    }
    #expect(converge(&world))
    for name in clusters {
      #expect(world.credential("elsewhere", name) != nil)
      #expect(world.credential(setup.secretNamespace, name) == nil)
    }
    #expect(world.object(Role.type, namespace: setup.secretNamespace, name: GatewayNames.role) == nil)
    #expect(world.object(RoleBinding.type, namespace: setup.secretNamespace, name: GatewayNames.role) == nil)
  }

  @Test func `a cluster that leaves before the pods have switched loses its copies in both namespaces`() {
    var world = runningWorld(clusters: ["one", "two"])
    var changed = setup
    changed.secretNamespace = "elsewhere"
    world.configure(changed)
    for _ in 0..<3 { world.round() }
    #expect(world.credential("elsewhere") != nil)
    world.delete(cluster)
    world.round()
    #expect(world.credential() == nil)
    #expect(world.credential("elsewhere") == nil)
  }

  @Test func `a left namespace is emptied once no Deployment for it can be written any more`() {
    var world = runningWorld()
    var changed = setup
    changed.secretNamespace = "elsewhere"
    world.configure(changed)
    func isEmptied() -> Bool {
      world.object(Role.type, namespace: setup.secretNamespace, name: GatewayNames.role)?["rules"]?.array?
        .isEmpty ?? true
    }
    for _ in 0..<20 where !isEmptied() {
      world.step(.rollout)
      world.round()
    }
    #expect(isEmptied() && world.credential() != nil)
    func deletesCredential() -> Bool {
      world.plan.patches.contains {
        $0.operation == .delete && $0.target.type == Secret.type
          && $0.target.namespace == setup.secretNamespace
      }
    }
    #expect(deletesCredential())
    // Another leader may have planned for this configuration before the Role was emptied.
    world.configure(setup)
    #expect(!deletesCredential())
    let role = ObjectKey(Role.type, namespace: setup.secretNamespace, name: GatewayNames.role)
    #expect(!world.plan.patches.contains { $0.target == role })
    #expect(converge(&world))
    #expect(world.credential() != nil)
  }

  @Test func `a namespace that was left is emptied before it is used again`() throws {
    var world = runningWorld()
    let first = try #require(world.credential()?.value(at: "metadata", "uid")?.string)
    for namespace in ["elsewhere", setup.secretNamespace] {
      var changed = setup
      changed.secretNamespace = namespace
      world.configure(changed)
      #expect(converge(&world))
    }
    let second = try #require(world.credential()?.value(at: "metadata", "uid")?.string)
    #expect(first != second)
    #expect(world.credential("elsewhere") == nil)
    // Each belongs to the Role that identifies its namespace.
    let role = world.object(Role.type, namespace: setup.secretNamespace, name: GatewayNames.role)
    #expect(
      world.credential()?.value(at: "metadata", "ownerReferences")?.array?.map { $0["uid"] }
        == [role?.value(at: "metadata", "uid")])
  }

  @Test(arguments: [true, false])
  func `a denied cluster has no credential and no work`(hasAddOn: Bool) {
    var world = runningWorld()
    if !hasAddOn { world.delete(addOn) }
    world.merge(cluster, ["spec": ["hubAcceptsClient": false]])
    world.round()
    #expect(world.credential() == nil)

    var fresh = World()
    fresh.prepare(setup)
    fresh.join("one")
    fresh.merge(cluster, ["spec": ["hubAcceptsClient": false]])
    if hasAddOn { fresh.put(Document.make(addOn.type, namespace: addOn.namespace, name: addOn.name)) }
    #expect(converge(&fresh))
    #expect(fresh.credential() == nil)
    #expect(fresh.object(ManifestWork.type, namespace: "one", name: "addon-cluster-gateway-deploy-0") == nil)
  }

  @Test func `a cluster from which a Placement takes the add-on loses its credential`() {
    var world = runningWorld()
    world.merge(
      ObjectKey(ClusterManagementAddOn.type, name: "cluster-gateway"),
      ["spec": ["installStrategy": ["type": "Placements"]]])
    world.delete(addOn)
    #expect(converge(&world))
    #expect(world.object(addOn.type, namespace: addOn.namespace, name: addOn.name) == nil)
    #expect(world.credential() == nil)
  }

  @Test(arguments: [GatewayAnnotations.clusterUID, GatewayAnnotations.accountUID])
  func `a credential of an earlier cluster or account of the name goes`(annotation: String) {
    var world = runningWorld()
    world.merge(
      ObjectKey(Secret.type, namespace: setup.secretNamespace, name: "one"),
      ["metadata": ["annotations": .fields([annotation: "another"])]])
    let removed = world.plan.patches.filter { $0.operation == .delete }.map(\.target.name)
    #expect(removed == ["one"])
  }

  @Test func `a credential without uids is stamped where its cluster and account are older`() {
    var world = runningWorld()
    let key = ObjectKey(Secret.type, namespace: setup.secretNamespace, name: "one")
    world.merge(
      key,
      [
        "metadata": [
          "annotations": .fields([GatewayAnnotations.clusterUID: .null, GatewayAnnotations.accountUID: .null])
        ]
      ])
    let before = world.credential()?.value(at: "metadata", "uid")
    #expect(converge(&world))
    #expect(world.credential()?.value(at: "metadata", "uid") == before)
    #expect(
      world.credential()?.value(at: "metadata", "annotations", GatewayAnnotations.clusterUID)
        == world.object(ManagedCluster.type, name: "one")?.value(at: "metadata", "uid"))
  }

  /// The account of a cluster that was removed while OCM's controllers were down.
  @Test(arguments: [true, false])
  func `the account of an earlier cluster of the name is created again, unless it names none`(
    namesCluster: Bool
  ) throws {
    var world = runningWorld()
    let key = ObjectKey(ManagedServiceAccount.type, namespace: "one", name: account)
    let before = try #require(world.read(key)?.value(at: "metadata", "uid"))
    let formerToken = try #require(world.gatewaySecret("one")?.data["token"])
    if !namesCluster {
      world.merge(key, ["metadata": ["annotations": .fields([GatewayAnnotations.clusterUID: .null])]])
    }
    world.delete(cluster)
    world.now += 60
    world.join("one")
    for _ in 0..<3 where namesCluster {
      world.round()
      #expect(world.gatewaySecret("one") == nil)
    }
    #expect(converge(&world))
    #expect((world.read(key)?.value(at: "metadata", "uid") == before) == !namesCluster)
    #expect((world.gatewaySecret("one")?.data["token"] == formerToken) == !namesCluster)
    #expect(world.gatewaySecret("one") != nil)
    #expect(
      world.read(key)?.value(at: "metadata", "annotations", GatewayAnnotations.clusterUID)
        == world.read(cluster)?.value(at: "metadata", "uid"))
  }

  /// An older view of the cluster shows the one before.
  @Test func `an account that is newer than its cluster is not removed`() throws {
    var world = runningWorld()
    world.now += 60
    let key = ObjectKey(ManagedServiceAccount.type, namespace: "one", name: account)
    world.delete(key)
    world.collectGarbage()
    #expect(converge(&world))
    world.merge(key, ["metadata": ["annotations": .fields([GatewayAnnotations.clusterUID: "a-later-one"])]])
    #expect(!world.plan.patches.contains { $0.target == key && $0.operation == .delete })
  }

  @Test func `the token of another's account is not used`() {
    var world = World()
    world.prepare(setup)
    world.join("one")
    world.put(
      Document.make(
        ManagedServiceAccount.type, namespace: "one", name: account,
        ["spec": ["rotation": ["enabled": true, "validity": "8640h0m0s"]]]), as: "kubectl")
    _ = world.converge()
    #expect(world.credential() == nil)
    #expect(world.findings("ForeignObject").map(\.object?.name) == [account])
  }

  @Test func `the token of an account that was deleted is not copied`() {
    var world = runningWorld()
    world.merge(
      token,
      [
        "metadata": [
          "ownerReferences": [
            [
              "apiVersion": .string(ManagedServiceAccount.type.apiVersion), "kind": "ManagedServiceAccount",
              "name": .string(account), "uid": "another",
            ]
          ]
        ]
      ], as: "msa")
    world.report("of-a-deleted-account")
    #expect(!world.findings("TokenStale").isEmpty)
    #expect(world.plan.patches.allSatisfy { $0.target.type != Secret.type || $0.operation == .delete })
  }

  @Test func `a credential is kept up while the gateway's Role can't be read`() throws {
    var world = runningWorld()
    // After its first change the Secret is one that was applied.
    world.report("a-second-token")
    for _ in 0..<2 { world.round() }
    world.report("another-token")
    var objects = ObservedObjects()
    for object in world.objects.everything where object.groupKind != Role.type.groupKind {
      objects.insert(object)
    }
    objects.unobserved = [ObjectSelection(Role.type, name: GatewayNames.role)]
    let plan = reconcile(world.hubState(objects, issued: []), at: world.now)
    let patch = try #require(
      plan.patches.first {
        $0.target.type == Secret.type && $0.target.name == "one" && $0.operation.kind == .apply
      })
    #expect(
      patch.body.value(at: "metadata", "ownerReferences")
        == world.credential()?.value(at: "metadata", "ownerReferences"))
  }

  @Test func `a credential that can't be changed is created again`() {
    var world = runningWorld()
    let key = ObjectKey(Secret.type, namespace: setup.secretNamespace, name: "one")
    world.merge(key, ["immutable": true])
    world.report("another-token")
    #expect(converge(&world))
    #expect(
      world.credential()?["data"] == world.object(Secret.type, namespace: "one", name: account)?["data"])
    #expect(world.credential()?["immutable"] == nil)
  }

  @Test(arguments: [true, false])
  func `with manual Secrets only the manager's own token goes with its account`(isReplaced: Bool) {
    var world = runningWorld()
    world.merge(
      ObjectKey(ClusterGatewayConfiguration.type, name: "cluster-gateway"),
      ["spec": ["secretManagement": ["type": "Manual"]]])
    #expect(convergeManager(&world))
    if isReplaced {
      world.merge(
        ObjectKey(Secret.type, namespace: setup.secretNamespace, name: "one"),
        ["data": ["token": .string(Document.base64("a-persons-token"))]])
    }
    world.delete(ObjectKey(ManagedServiceAccount.type, namespace: "one", name: account))
    world.collectGarbage()
    #expect(converge(&world))
    #expect((world.credential() != nil) == isReplaced)
  }

  @Test func `a person's token stays while no configuration is known`() throws {
    var world = runningWorld()
    world.merge(
      ObjectKey(Secret.type, namespace: setup.secretNamespace, name: "one"),
      ["data": ["token": .string(Document.base64("a-persons-token"))]])
    world.delete(ObjectKey(ManagedServiceAccount.type, namespace: "one", name: account))
    world.delete(ObjectKey(ClusterGatewayConfiguration.type, name: "cluster-gateway"))
    world.delete(
      ObjectKey(
        ConfigMap.type, namespace: world.identity.namespace,
        name: ManagerIdentity.effectiveConfigurationName))
    world.round()
    let token = try #require(world.gatewaySecret("one")).data["token"]
    #expect(token == SecretBytes(utf8: "a-persons-token"))
  }

  @Test func `the CA outlives the add-on`() {
    let world = runningWorld()
    let signer = world.object(
      Secret.type, namespace: world.identity.namespace, name: world.identity.signerSecretName)
    #expect(signer != nil)
    #expect(signer?.value(at: "metadata", "ownerReferences") == nil)
  }
}

/// The managed clusters' writes are untrusted input.
@Suite struct ReportedTokenTests {
  @Test(
    arguments: [
      ["type": "example.com/another"],
      ["metadata": ["labels": .fields([OCMLabels.isManagedServiceAccount: .null])]],
      ["metadata": ["ownerReferences": .null]],
      ["data": ["token": .string(Document.base64(String(repeating: "t", count: 17 << 10)))]],
      ["data": ["token": .string(Document.base64("two words"))]],
      ["data": ["token": .string(Document.base64("a\nb"))]],
      ["data": ["token": .null]],
    ] as [JSONValue])
  func `a token that could lead the gateway elsewhere is not copied`(change: JSONValue) {
    var world = runningWorld()
    let before = world.credential()?["data"]
    if change["type"] != nil {
      var secret = world.object(Secret.type, namespace: "one", name: account) ?? .null
      world.delete(token)
      secret["type"] = change["type"]
      secret.set(nil, at: ["metadata", "uid"])
      secret.set(nil, at: ["metadata", "resourceVersion"])
      secret["data"] = ["token": .string(Document.base64("of-another-type")), "ca.crt": "YQ=="]
      world.put(secret, as: "msa")
    } else {
      world.report("a-newer-token")
      world.merge(token, change, as: "msa")
    }
    #expect(!world.findings("TokenUnusable").isEmpty || !world.findings("TokenStale").isEmpty)
    for _ in 0..<3 { world.round() }
    #expect(world.credential()?["data"] == before)
  }

  @Test func `a token that is merely of no use is copied with a warning`() {
    var world = runningWorld()
    #expect(!world.findings("TokenUnreadable").isEmpty)

    let subject = "system:serviceaccount:open-cluster-management-agent-addon:\(account)"
    let now = Int64(world.now.timeIntervalSince1970)
    world.report(
      World.jsonWebToken(["sub": "system:serviceaccount:kube-system:another", "exp": .integer(now)]))
    #expect(!world.findings("TokenSubjectMismatch").isEmpty)
    #expect(world.plan.patches.contains { $0.target.namespace == setup.secretNamespace })

    world.report(
      World.jsonWebToken(["sub": .string(subject), "iat": .integer(now - 1_000), "exp": .integer(now + 10)]))
    #expect(world.findings("TokenSubjectMismatch").isEmpty)
    #expect(!world.findings("TokenExpiring").isEmpty)

    world.report(
      World.jsonWebToken(["sub": .string(subject), "iat": .integer(now), "exp": .integer(now + 1_000)]))
    #expect(world.findings("TokenExpiring").isEmpty)
    // Due by time alone: 900 seconds and one.
    let due = world.plan.requeueAfter
    #expect(due.map { $0 <= .seconds(901) } ?? false)
  }

  @Test func `a reported Secret that calls itself a gateway Secret changes nothing`() {
    var world = runningWorld()
    let before = world.hub.installation.fleet
    world.merge(
      token,
      [
        "metadata": [
          "labels": .fields([
            GatewayLabels.credentialType: "ServiceAccountToken", GatewayLabels.endpointType: "ClusterProxy",
          ])
        ]
      ], as: "msa")
    #expect(world.plan.patches == [])
    #expect(world.hub.installation.fleet == before)
  }
}
