import Foundation
import KubeCore
import KubeMemory
import KubeTransport
import OCMSimulator
import Testing

/// `run` and `plan` on a hub that can't be reached, refuses, hangs, or isn't what it should be.
@Suite struct RunFailureTests {
  @Test func `a server certificate of another CA is not trusted`() async throws {
    try await TestHub.open(try TestHub.server()) { hub in
      let other = try TestHub.makeCA()
      let before = await hub.server.resourceVersion
      let ending = try await hub.once("20s", kubeconfig: hub.kubeconfig(trusting: other))
      #expect(ending.code == 1)
      #expect(ending.errors.contains("TLS") || ending.errors.contains("trusted"), "\(ending.errors)")
      #expect(await hub.server.resourceVersion == before)
      #expect(hub.writes == [])
    }
  }

  @Test func `an unreachable hub is named in the error`() async throws {
    var kubeconfig = ""
    let folder = try TemporaryFolder()
    try await TestHub.open(try TestHub.server(clusters: [])) { hub in
      kubeconfig = try folder.write("kubeconfig", String(contentsOfFile: hub.kubeconfig(), encoding: .utf8))
    }
    for arguments in [
      ["run", "--once", "--timeout", "20s"], ["run", "--once", "--timeout", "1s"], ["plan"],
    ] {
      let ending = try await Program(arguments + ["--kubeconfig", kubeconfig]).wait()
      ending.expectDiscretion()
      #expect(ending.code == 1, "\(arguments)")
      #expect(
        ending.errors.contains("no connection") || ending.errors.contains("API server"),
        "\(arguments): \(ending.errors)")
      #expect(ending.output == "")
    }
  }

  @Test(arguments: [TestHub.Mood.refusing(500), .refusing(429), .refusing(403), .hanging])
  func `a hub that refuses or hangs ends the run in time`(mood: TestHub.Mood) async throws {
    try await TestHub.open(try TestHub.server(clusters: ["one"])) { hub in
      hub.become(mood)
      // A hanging hub answers nothing before it closes: without the limit, the run wouldn't end.
      let ending = try await hub.once("2s")
      #expect(ending.code == 1, "\(ending.output) \(ending.errors)")
      #expect(ending.errors.contains("API server") || ending.errors.contains("not now"), "\(ending.errors)")
      #expect(hub.writes == [])
    }
  }

  @Test(arguments: [500, 429, 403]) func `objects that cannot be read are named`(code: Int) async throws {
    try await TestHub.open(try TestHub.server(clusters: ["one"])) { hub in
      hub.become(.hidingObjects(code))
      let ending = try await hub.once("10s")
      #expect(ending.code == 1, "\(ending.output) \(ending.errors)")
      #expect(ending.output.contains("could not be read"))
      // Which, and why.
      #expect(ending.errors.contains("managedclusters"), "\(ending.errors)")
      #expect(ending.errors.contains("not now") || ending.errors.contains("\(code)"), "\(ending.errors)")
      #expect(hub.writes == [])
    }
  }

  @Test func `missing definitions are named`() async throws {
    try await TestHub.open(MemoryAPIServer(at: Date())) { hub in
      let ending = try await hub.once("20s")
      #expect(ending.code == 1)
      for name in [
        "managedclusters.cluster.open-cluster-management.io", "manifestworks.work.open-cluster-management.io",
        "clustergatewayconfigurations.proxy.open-cluster-management.io", "gateway-manager manifests",
      ] {
        #expect(ending.errors.contains(name), "\(name): \(ending.errors)")
      }
      #expect(ending.output == "")
      #expect(hub.writes == [])
      let plan = try await hub.look()
      #expect(plan.code == 1 && plan.output == "")
      #expect(plan.errors.contains("managedclusters.cluster.open-cluster-management.io"), "\(plan.errors)")
    }
  }

  /// A hub with a cluster whose credential the gateway has.
  private func joinedHub() async throws -> MemoryAPIServer {
    var joined = try TestHub.server(clusters: ["one"])
    try await TestHub.open(joined) { hub in
      let ending = try await hub.withOthers { try await hub.once() }
      #expect(ending.code == 0, "\(ending.output) \(ending.errors)")
      joined = await hub.server
    }
    return joined
  }

  /// An answer of something in front of the hub, or of a hub that isn't complete yet, doesn't
  /// decide which objects exist.
  @Test(arguments: [
    TestHub.Mood.answering(to: "managedclusters", code: 200, text: #"{"error":"session expired"}"#),
    .answering(
      to: "managedclusters", code: 200,
      text: #"{"kind":"Status","apiVersion":"v1","status":"Failure","message":"not now","code":503}"#),
    .answering(
      to: "managedclusters", code: 200,
      text: #"{"kind":"SecretList","apiVersion":"v1","metadata":{"resourceVersion":"1"},"items":[]}"#),
    .answering(to: "managedclusters", code: 404, text: "404 page not found\n"),
    .answering(to: "clustermanagementaddons", code: 404, text: "404 page not found\n"),
    .answering(to: "managedclusters", code: 404, text: "<html>default backend - 404</html>"),
  ]) func `an answer that is no list deletes nothing and plans nothing`(_ mood: TestHub.Mood) async throws {
    try await TestHub.open(try await joinedHub()) { hub in
      hub.become(mood)
      let ending = try await hub.once("3s")
      #expect(ending.code == 1, "\(ending.output) \(ending.errors)")
      #expect(hub.writes == [])
      let plan = try await hub.look()
      #expect(plan.code == 1 && plan.output == "", "\(plan.output)")
      #expect(plan.errors.contains("managedclusters") || plan.errors.contains("clustermanagementaddons"))
    }
  }

  @Test func `a path that leads to no API server is named as that`() async throws {
    try await TestHub.open(try TestHub.server(clusters: [])) { hub in
      hub.become(.answering(to: nil, code: 404, text: "<html>default backend - 404</html>"))
      for ending in [try await hub.look(), try await hub.once("3s")] {
        #expect(ending.code == 1 && ending.output == "")
        #expect(ending.errors.contains("there is no Kubernetes API at this address"), "\(ending.errors)")
      }
    }
  }
}
