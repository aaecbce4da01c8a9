import Foundation
import GatewayDemo
import KubeCore
import KubeMemory
import Testing

@testable import gateway_manager

/// The page of `status`, and where the commands say to read on.
@Suite(.timeLimit(.minutes(5))) struct ReadOnTests {
  private func expect(
    _ ending: Ending, contains words: [String], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(ending.code == 0, "\(ending.errors)", sourceLocation: sourceLocation)
    for word in words {
      #expect(ending.output.contains(word), "\(word): \(ending.output)", sourceLocation: sourceLocation)
    }
  }

  @Test func `a page of the status needs nothing else, and escapes what objects hold`() async throws {
    let folder = try TemporaryFolder()
    let hub = try fixture().text(Fixture.taken).replacingOccurrences(
      of: "image: oamdev/", with: "image: example.org/")
    let file = try folder.write("hub.yaml", hub)
    let ending = try await Program.run(["status", "-f", file, "-o", "html", "--at", PlanTests.early])
    try fixture().expectNoSecrets(in: ending)
    expect(
      ending,
      contains: ["<!DOCTYPE html>", "prefers-color-scheme: dark", "example.org/", "Certificates", "</html>"])
    // Links to the documents are for the reader; nothing is loaded.
    let link = "<a href=\"\(Troubleshooting.repository)/blob/main/docs/troubleshooting.md#"
    let page = ending.output.replacingOccurrences(of: link, with: "")
    #expect(page.count < ending.output.count, "no link")
    for outside in ["http://", "https://", "<script", "<link", "src=", "url(", "@import"] {
      #expect(!page.contains(outside), "\(outside)")
    }
  }

  @Test func `a page of a dump shows who may use the gateway, if the dump holds roles`() async throws {
    let folder = try TemporaryFolder()
    let hub = try fixture().text(Fixture.taken)
    let roles = """

      ---
      apiVersion: rbac.authorization.k8s.io/v1
      kind: ClusterRole
      metadata: {name: gateway-user, uid: r1, resourceVersion: '1'}
      rules: [{apiGroups: [cluster.core.oam.dev], resources: [clustergateways/proxy], verbs: [get]}]
      ---
      apiVersion: rbac.authorization.k8s.io/v1
      kind: ClusterRoleBinding
      metadata: {name: gateway-users, uid: b1, resourceVersion: '1'}
      roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: gateway-user}
      subjects: [{apiGroup: rbac.authorization.k8s.io, kind: Group, name: platform-team}]

      """
    let file = try folder.write("hub.yaml", hub + roles)
    let ending = try await Program.run(["status", "-f", file, "-o", "html", "--at", PlanTests.early])
    expect(ending, contains: ["Group platform-team", "gateway-users"])
  }

  /// What a command prints for the hub that the Go manager left.
  private func output(_ arguments: String...) async throws -> Ending {
    let folder = try TemporaryFolder()
    let file = try folder.write("hub.yaml", fixture().text(Fixture.taken))
    let ending = try await Program.run(arguments + ["-f", file, "--at", PlanTests.early])
    #expect(ending.code == 0, "\(ending.errors)")
    return ending
  }

  @Test(arguments: ["status", "plan"])
  func `the text ends in a line for each code that it shows, and programs get it as a field`(command: String)
    async throws
  {
    let text = try await output(command).output
    let lines = text.split(separator: "\n")
    let links = lines.filter { $0.hasPrefix("See ") }.map(String.init)
    #expect(links.contains("See docs/troubleshooting.md#gatewaynotavailable"), "\(text)")
    #expect(Set(links).count == links.count, "\(links)")
    if command == "status" { #expect(lines.suffix(links.count).map(String.init) == links) }
    let document = try await output(command, "-o", "json").json()
    let findings = (command == "plan" ? document : document["gateway"])?["findings"]?.array ?? []
    #expect(!findings.isEmpty)
    for finding in findings {
      let code = try #require(finding["code"]?.string)
      let section = "docs/troubleshooting.md#\(code.lowercased())"
      #expect(finding["documentation"] == .string(section))
      #expect(links.contains("See " + section))
    }
  }

  @Test func `on the page the code of a finding and the reason of a cluster are links`() async throws {
    let page = try await output("status", "-o", "html").output
    let url = "\(Troubleshooting.repository)/blob/main/docs/troubleshooting.md#unverifiedspoketls"
    #expect(page.contains("<a href=\"\(url)\" rel=\"noreferrer\">UnverifiedSpokeTLS</a>"))
    #expect(page.contains("#notreported"))
  }

  @Test func `an examination links to the sections of its problems only`() throws {
    let bad = Examination.Check(verdict: .bad, title: "list secrets", code: "RightsMissing")
    let good = Examination.Check(verdict: .good, title: "clocks")
    let examination = Examination(sections: [.init(title: "Rights", checks: [bad, bad, good])])
    let lines = DoctorText(examination: examination).lines.map { $0.text(usesColor: false) }
    #expect(lines.count == 5 && lines.last == "See docs/troubleshooting.md#rightsmissing", "\(lines)")
    let checks = examination.json["sections"]?.array?.first?["checks"]?.array ?? []
    #expect(
      checks.map { $0["documentation"]?.string } == [
        "docs/troubleshooting.md#rightsmissing", "docs/troubleshooting.md#rightsmissing", nil,
      ])
    let healthy = Examination(sections: [.init(title: "API server", checks: [good])])
    #expect(DoctorText(examination: healthy).lines.count == 2)
  }

  @Test func `an explanation links to what breaks the chain`() async throws {
    try await TestHub.open(try TestHub.server(), as: .admin) { hub in
      let environment = ["KUBECONFIG": try hub.kubeconfig()]
      func explain(_ options: String...) async throws -> Ending {
        try await Program(["explain", "one"] + options, environment: environment).wait()
      }
      // No agent reports a token here. A slow machine needs several runs for the rest.
      var ending = try await explain()
      for _ in 0..<20 where !ending.output.contains("#tokenmissing") {
        _ = try await Program(["run", "--once", "--timeout", "3s"], environment: environment).wait()
        ending = try await explain()
      }
      #expect(ending.code == 0, "\(ending.errors)")
      #expect(ending.output.hasSuffix("\nSee docs/troubleshooting.md#tokenmissing\n"), "\(ending.output)")
      let document = try await explain("-o", "json").json()
      let links = document["links"]?.array ?? []
      let documentation = links.compactMap { $0["documentation"]?.string }
      #expect(documentation == ["docs/troubleshooting.md#tokenmissing"])
    }
  }
}
