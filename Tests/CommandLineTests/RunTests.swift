import Foundation
import GatewayAPI
import KubeCore
import KubeKindsCoordination
import KubeKindsCore
import KubeMemory
import KubeTransport
import OCMSimulator
import Testing

/// `run` and `plan` on a hub behind TLS.
@Suite(.serialized) struct RunTests {
  @Test func `a hub converges and stays converged`() async throws {
    try await TestHub.open(try TestHub.server()) { hub in
      // A plan changes nothing, and equals that of the same hub in a file.
      let before = await hub.server.resourceVersion
      let seen = try await hub.look("-o", "json", "--exit-code", "--at", PlanTests.early)
      #expect(seen.code == 2, "\(seen.errors)")
      #expect(await hub.server.resourceVersion == before)
      #expect(hub.writes == [])
      let file = try await hub.dump()
      let read = try await Program.run("plan", "-f", file, "-o", "json", "--at", PlanTests.early)
      #expect(read.output == seen.output)

      // Alone, the manager does its part and names what is awaited.
      let first = try await hub.once("15s")
      #expect(first.code == 3, "\(first.output) \(first.errors)")
      for words in ["All that can be done now is done", "awaiting", "awaited from:", "remedy:"] {
        #expect(first.output.contains(words), "\(words): \(first.output)")
      }
      let rest = try await hub.look("--exit-code")
      #expect(rest.code == 0, "\(rest.output) \(rest.errors)")
      #expect(rest.output.contains("Nothing to do."))

      // With the simulated controllers it converges.
      let second = try await hub.withOthers { try await hub.once() }
      #expect(second.code == 0, "\(second.output) \(second.errors)")
      #expect(second.output.contains("Converged."))
      let server = await hub.server
      for cluster in ["one", "two"] {
        #expect(
          server.object(Secret.self, namespace: "open-cluster-management-credentials", name: cluster) != nil)
        let addOn = server.object(ManagedClusterAddOn.self, namespace: cluster, name: "cluster-gateway")
        #expect(addOn?.status.conditions.isTrue("ManifestApplied") == true)
      }

      // The others' last changes may need one more write; then nothing is written.
      await hub.letOthersFinish()
      let last = try await hub.once()
      #expect(last.code == 0, "\(last.output) \(last.errors)")
      await hub.letOthersFinish()
      let (version, writes) = (await hub.server.resourceVersion, hub.writes.count)
      let third = try await hub.once()
      #expect(third.code == 0, "\(third.output) \(third.errors)")
      #expect(third.output.contains("0 writes."))
      #expect(await hub.server.resourceVersion == version)
      #expect(hub.writes.count == writes, "\(hub.writes.dropFirst(writes))")

      // Nothing is left to do for the same hub in a file, either.
      let dump = try await hub.dump()
      let offline = try await Program.run("plan", "-f", dump, "--exit-code")
      #expect(offline.code == 0, "\(offline.output) \(offline.errors)")
    }
  }

  @Test func `a manager killed at random moments reaches the same state`() async throws {
    var expected: [String: String] = [:]
    try await TestHub.open(try TestHub.server()) { hub in
      let ending = try await hub.withOthers { try await hub.once() }
      #expect(ending.code == 0, "\(ending.output) \(ending.errors)")
      expected = await hub.essence()
    }
    var generator = SeededGenerator(seed: 11)
    try await TestHub.open(try TestHub.server()) { hub in
      try await hub.withOthers {
        let kubeconfig = try hub.kubeconfig()
        // The number of writes before each kill.
        var kills: [Int] = []
        for round in 0..<10 {
          let program = try Program(["run", "--once", "--timeout", "40s", "--kubeconfig", kubeconfig])
          // Half of them at a write, before its answer, when something is half done.
          let isWrite = round % 2 == 0
          hub.after(.random(in: 1...(isWrite ? 9 : 60), using: &generator), writesOnly: isWrite) {
            program.send(SIGKILL)
          }
          guard await program.wait().signal == SIGKILL else { break }
          kills.append(hub.writes.count)
        }
        let last = try await hub.once()
        #expect(last.code == 0, "\(last.output) \(last.errors)")
        let writes = hub.writes.count
        #expect(kills.contains { 0 < $0 && $0 < writes }, "no kill between two writes: \(kills)")
      }
      let essence = await hub.essence()
      for (key, value) in expected { #expect(essence[key] == value, "\(key)") }
      #expect(Set(essence.keys).subtracting(expected.keys) == [])
    }
  }

  @Test func `an invalid configuration is named and fails the run`() async throws {
    var server = try TestHub.server()
    let key = ObjectKey(ClusterGatewayConfiguration.type, name: "cluster-gateway")
    var json = try #require(server.object(key)).json
    json.set(nil, at: ["spec", "egress", "clusterProxy"])
    server.load([try DynamicObject(json)], at: Date())
    try await TestHub.open(server) { hub in
      let ending = try await hub.once("10s")
      #expect(ending.code == 1, "\(ending.output) \(ending.errors)")
      #expect(ending.output.contains("spec.egress.clusterProxy"))
    }
  }

  @Test func `one of two processes leads and hands over`() async throws {
    try await TestHub.open(try TestHub.server(clusters: ["one"])) { hub in
      try await hub.withOthers {
        let kubeconfig = try hub.kubeconfig()
        let arguments = ["run", "--probe-port", "0", "--kubeconfig", kubeconfig]
        func holder() async -> String? {
          await hub.server.object(
            Lease.self, namespace: "open-cluster-management-addon", name: "cluster-gateway-manager")?.spec
            .holderIdentity
        }
        let first = try Program(arguments)
        try await eventually("a leader") { await holder()?.isEmpty == false }
        let leader = await holder()
        let second = try Program(arguments)
        try await eventually("the work's end") {
          await hub.server.object(Secret.self, namespace: "open-cluster-management-credentials", name: "one")
            != nil
        }
        try await eventually("another that waits") { second.errors.contains("Another process leads") }
        #expect(await holder() == leader)

        first.send(SIGTERM)
        let ending = await first.wait()
        #expect(ending.code == 0, "\(ending.errors.suffix(2000))")
        ending.expectDiscretion()
        #expect(await holder() != leader)
        try await eventually("the successor") { await holder()?.isEmpty == false }
        #expect(second.isRunning)

        #expect(second.errors.contains("--probe-port is deprecated"))
        second.send(SIGTERM)
        let last = await second.wait()
        #expect(last.code == 0, "\(last.errors.suffix(2000))")
        last.expectDiscretion()
        let released = await holder() ?? ""
        #expect(released == "")
      }
    }
  }

  @Test func `the Lease is renewed by the API server's clock`() async throws {
    try await TestHub.open(try TestHub.server(clusters: [])) { hub in
      hub.become(.dating("Sun, 06 Nov 1994 08:49:37 GMT"))
      func renewed() async -> Date? {
        await hub.server.object(
          Lease.self, namespace: "open-cluster-management-addon", name: "cluster-gateway-manager")?.spec
          .renewTime
      }
      let program = try Program(["run", "--probe-port", "0", "--kubeconfig", try hub.kubeconfig()])
      let time = try #require(Timestamp(rfc3339: "1994-11-06T08:49:37Z")?.date)
      // The first renewal comes before any answer that tells the time.
      try await eventually("a renewal by the server's clock") {
        await renewed().map { abs($0.timeIntervalSince(time)) < 3600 } ?? false
      }
      program.send(SIGTERM)
      #expect(await program.wait().code == 0)
    }
  }

  /// Waits until `condition` holds; fails if it doesn't within two minutes.
  private func eventually(
    _ what: String, _ condition: () async throws -> Bool, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    for _ in 0..<2400 {
      if try await condition() { return }
      try await Task.sleep(for: .milliseconds(50))
    }
    Issue.record("\(what) never came", sourceLocation: sourceLocation)
  }
}
