import ArgumentParser
import CertificatePolicy
import Foundation
import GatewayAPI
import GatewayDemo
import GatewayManager
import GatewayReconcile
import KubeCore
import KubeReconcile
import KubeYAML
import OCMSimulator
import Testing

@testable import gateway_manager

/// The words of `status` and `explain` about what is not as it should be.
@Suite struct StatusTextTests {
  private static let time = Timestamp(rfc3339: PlanTests.early)?.date ?? Date()

  /// The text about the hub that the Go manager left, of which `isKept` keeps documents and
  /// `change` changes the text.
  private func status(
    view: StatusView = StatusView(), lease: ManagerLease? = nil, arguments: String = "",
    keeping isKept: (String) -> Bool = { _ in true }, changing change: (String) -> String = { $0 }
  ) async throws -> String {
    let documents = Fixture.documents(change(try fixture().text(Fixture.taken))).filter(isKept)
    let objects = try YAMLReader().objects(
      Array(documents.joined(separator: "\n---\n").utf8), file: "hub.yaml")
    let model = HubCache(identity: ManagerIdentity(), objects: objects.map(\.object))
    return StatusText(
      report: await HubReport(model, at: Self.time), lease: lease, view: view, isDetailed: false,
      arguments: arguments
    ).lines.text(usesColor: false)
  }

  @Test func `a cluster that is left out is named with its reason, also among the unhealthy ones`()
    async throws
  {
    for view in [StatusView(isUnhealthyOnly: true), StatusView()] {
      let text = try await status(
        view: view,
        changing: { $0.replacing("hubAcceptsClient: true", with: "hubAcceptsClient: false") })
      #expect(text.contains("0 of 0 healthy, 2 excluded"), "\(text)")
      #expect(text.contains("ClusterNotAccepted: the hub does not accept the cluster"), "\(text)")
      #expect(text.contains("\nSee docs/troubleshooting.md#clusternotaccepted\n"), "\(text)")
      #expect(text.contains("cluster1") && text.contains("local-cluster"), "\(text)")
    }
  }

  @Test(arguments: [10, 11]) func `ten clusters are shown in full, and more are folded`(count: Int)
    async throws
  {
    let objects = try YAMLReader().objects(Array(fixture().text(Fixture.taken).utf8), file: "hub.yaml")
    let model = HubCache(identity: ManagerIdentity(), objects: objects.map(\.object))
    let sample = try #require(await HubReport(model, at: Self.time).clusters.first)
    let clusters = (1...count).map { number in
      var cluster = sample
      cluster.name = "c\(number + 10)"
      return cluster
    }
    let text = StatusText(
      report: HubReport(model, clusters: clusters, at: Self.time), lease: nil, view: StatusView(),
      isDetailed: false
    ).lines.text(usesColor: false)
    let isFull = count == 10
    #expect(text.contains("c\(count + 10)") == isFull, "\(text)")
    #expect(text.contains("`status NAME` shows a cluster in full") != isFull, "\(text)")
  }

  @Test func `the manager's absence has a likely cause, and the command is for the same hub`() async throws {
    let text = try await status(lease: .unheld(namespace: "ops"), arguments: " -f hub.yaml")
    #expect(text.contains("`kubectl -n ops get pods`"), "\(text)")
    #expect(text.contains("pending: see `gateway-manager plan -f hub.yaml`"), "\(text)")
    #expect(text.contains("\nSee docs/troubleshooting.md#managernotrunning\n"), "\(text)")
  }

  @Test func `a token that no agent renews is shown as such`() async throws {
    let words = "not renewed: the add-on managed-serviceaccount is not enabled"
    #expect(!(try await status().contains(words)))
    let text = try await status(keeping: {
      !$0.contains("kind: ManagedClusterAddOn\n") || !$0.contains("\n  name: managed-serviceaccount\n")
    })
    #expect(text.contains(words), "\(text)")
    #expect(text.contains("\nSee docs/troubleshooting.md#tokenagentunavailable\n"), "\(text)")
  }

  @Test func `findings are in the order of their urgency`() {
    let findings = [Finding.Severity.awaiting, .warning, .error, .invalid, .warning].enumerated().map {
      Finding($1, code: .init(rawValue: "C\($0)"), problem: "p", remedy: "r")
    }
    #expect(FindingText.codes(findings) == ["C3", "C2", "C1", "C4", "C0"])
    let lines = FindingText.lines(findings).map { $0.text(usesColor: false) }
    #expect(lines.first == "  invalid C3" && lines.dropLast(2).last == "  awaiting C0", "\(lines)")
  }

  @Test func `a plan that findings block is not said to have nothing to do`() {
    let finding = Finding(.invalid, code: .noIdentity, problem: "no uid", remedy: "give it")
    #expect(PlanText(plan: GatewayPlan()).text == "Nothing to do.\n")
    #expect(
      PlanText(plan: GatewayPlan(findings: [finding])).text.hasPrefix(
        "No change is planned: the findings below are in its way.\n"))
  }

  @Test func `a plan ends with the time until the next one`() {
    #expect(
      PlanText(plan: GatewayPlan(requeueAfter: .seconds(59))).text
        == "Nothing to do.\nNext reconcile in 59 seconds, or on the next change.\n")
  }

  @Test func `a certificate that is about to be issued is a difference, and errors are not hidden`() {
    #expect(DiffText(changes: []).isEmpty)
    #expect(DiffText(changes: []).lines.text(usesColor: false) == "Nothing would change.\n")
    let request = IssuanceRequest(
      id: "serving", purpose: .serving, commonName: "gateway", dnsNames: ["gateway.vela-system.svc"],
      notBefore: Self.time, notAfter: Self.time.addingTimeInterval(86_400), reason: "it expires soon")
    let diff = DiffText(changes: [], requests: [request])
    #expect(!diff.isEmpty)
    let text = diff.lines.text(usesColor: false)
    #expect(text.hasPrefix("* serving certificate for gateway.vela-system.svc, "), "\(text)")
    #expect(text.hasSuffix("  it expires soon\n"), "\(text)")
    let finding = Finding(.error, code: .writeRejected, problem: "a webhook refuses it", remedy: "change it")
    let blocked = DiffText(changes: [], findings: [finding]).lines.text(usesColor: false)
    #expect(
      blocked.hasPrefix(
        "No change is planned: the findings below are in its way.\nFindings:\n  error WriteRejected\n"))
    #expect(blocked.hasSuffix("\nSee docs/troubleshooting.md#writerejected\n"), "\(blocked)")
  }

  @Test func `the options that name a hub are repeated for a shell`() throws {
    let options = try HubOptions.parse(["-f", "it's a hub.yaml", "-f", "-", "-n", "ops"])
    #expect(options.arguments == #" -f 'it'\''s a hub.yaml' -f - -n ops"#)
    #expect(try HubOptions.parse(["--context", "east"]).arguments == " --context east")
    #expect(try HubOptions.parse([]).arguments == "")
  }

  @Test func `a broken link after the last answer is named, and that a probe asks now`() throws {
    let conditions: JSONValue = [
      "conditions": .array(
        [
          Condition(type: "HubAcceptedManagedCluster", status: .true, reason: "A", message: ""),
          Condition(type: "ManagedClusterJoined", status: .true, reason: "J", message: ""),
          Condition(type: "ManagedClusterConditionAvailable", status: .true, reason: "V", message: ""),
          Condition(type: "Available", status: .true, reason: "ProbeSucceeded", message: ""),
        ].map(\.json))
    ]
    let objects = try [
      [
        "apiVersion": "cluster.open-cluster-management.io/v1", "kind": "ManagedCluster",
        "metadata": ["name": "one", "uid": "c", "resourceVersion": "1"], "spec": ["hubAcceptsClient": true],
        "status": conditions,
      ],
      [
        "apiVersion": "addon.open-cluster-management.io/v1beta1", "kind": "ManagedClusterAddOn",
        "metadata": ["name": "cluster-gateway", "namespace": "one", "uid": "a", "resourceVersion": "1"],
        "status": conditions,
      ],
    ].map { (json: JSONValue) in try DynamicObject(json) }
    let state = ClusterState(
      name: "one", objects: ObservedObjects(objects),
      installation: InstallationFacts(
        addOn: OwnerReference(
          apiVersion: "addon.open-cluster-management.io/v1beta1", kind: "ClusterManagementAddOn",
          name: "cluster-gateway", uid: "cma"), configuration: OCMHub.direct.defaulted()))
    func text(_ state: ClusterState) -> String {
      ChainText(chain: ClusterChain(state, plan: GatewayPlan(), gateway: .available)).lines.text(
        usesColor: false)
    }
    let problem = "the add-on managed-serviceaccount is not enabled on the cluster"
    #expect(
      text(state).hasPrefix(
        "one answered the manager's last probe, but a link is broken now: \(problem); with `--probe` it is asked now\n"
      ), "\(text(state))")
    #expect(text(state).hasSuffix("\nSee docs/troubleshooting.md#tokenagentunavailable\n"))
    var asked = state
    asked.probe = .reached
    #expect(
      text(asked).hasPrefix("one is reached through the gateway, although a link is broken: \(problem)\n"))
  }
}
