import Foundation
import KubeConfig
import KubeCore
import KubeTransport
import Testing

@Suite(.timeLimit(.minutes(10))) struct Kubectl {
  static let path = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")
    .split(separator: ":").map { "\($0)/kubectl" }
    .first { FileManager.default.isExecutableFile(atPath: $0) }

  /// kubectl and this library read the same kubeconfig and see the same server.
  @Test(.enabled(if: path != nil, "kubectl is not installed")) func `kubectl works with the port`()
    async throws
  {
    let certificates = try certificates()
    let directory = try TemporaryDirectory()
    let seen = Shared<[KubeRequest]>([])
    let handler: @Sendable (KubeRequest) async -> KubeResponse = {
      seen.value.append($0)
      return .text(#"{"major":"1","minor":"33","gitVersion":"v1.33.0"}"#)
    }
    try await withServer(clientCA: certificates.ca.certificate, token: "s3cret", handler: handler) {
      server in
      let kubeconfig = """
        apiVersion: v1
        kind: Config
        current-context: c
        clusters:
        - name: k
          cluster:
            server: \(server)
            certificate-authority-data: \(Data(certificates.ca.certificate).base64EncodedString())
        users:
        - name: u
          user:
            token: s3cret
            client-certificate-data: \(Data(certificates.client.certificate).base64EncodedString())
            client-key-data: \(Data(certificates.client.keyText.utf8).base64EncodedString())
        contexts:
        - name: c
          context: {cluster: k, user: u}
        """
      let file = try directory.write("config", kubeconfig.utf8)
      var output = ""
      // kubectl gives a handshake ten seconds, which a busy machine may take.
      for _ in 0..<5 {
        output = try await Self.run(
          ["--kubeconfig", file, "get", "--raw", "/version?x=a%2Fb"], home: directory.path)
        if !output.contains("TLS handshake timeout") { break }
      }
      #expect(output.contains("\"gitVersion\":\"v1.33.0\""), "\(output)")
      #expect(seen.value.last?.path == ["version"])
      #expect(seen.value.last?.query == [.init("x", "a/b")])

      let configuration = try Kubeconfig.load(path: file).clientConfiguration()
      try await withTransport(configuration) { try await expectOK($0) }
    }
  }

  static func run(_ arguments: [String], home: String) async throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path ?? "/usr/bin/false")
    process.arguments = arguments
    process.environment = ["HOME": home, "PATH": "/usr/bin:/bin"]
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    process.standardInput = FileHandle.nullDevice
    try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
      process.terminationHandler = { _ in continuation.resume() }
      do { try process.run() } catch { continuation.resume(throwing: error) }
    }
    return String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
  }
}
