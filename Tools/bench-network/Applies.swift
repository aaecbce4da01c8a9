import AsyncHTTPClient
import BenchDocuments
import Foundation
import HTTPTypes
import KubeConfig
import KubeCore
import KubeHTTP
import KubeTransport
import NIOCore
import NIOHTTP1
import NIOSSL

/// Sends server-side applies that each change a small object, `concurrency` at a time.
private func applies(
  _ count: Int, concurrency: Int,
  _ apply: @escaping @Sendable (_ object: Int, _ round: Int) async throws -> Void
) async throws {
  try await withThrowingTaskGroup(of: Void.self) { group in
    for worker in 0..<concurrency {
      group.addTask {
        for round in 0..<(count / concurrency) { try await apply(worker, round) }
      }
    }
    try await group.waitForAll()
  }
}

private func document(_ object: Int, _ round: Int, salt: Int) -> JSONValue {
  Documents.configMap(object, "round \(salt).\(round)")
}

/// A bare HTTP client with the same trust, and the same credential as a header.
private func bareClient(_ configuration: ClientConfiguration) async throws -> (HTTPClient, String?) {
  let credentials = try await CredentialLoader(configuration).credentials()
  var tls = TLSConfiguration.makeClientConfiguration()
  if case .caBundle(let pem) = credentials.tls.trust {
    tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(pem))
  }
  if let certificate = credentials.tls.certificate, let key = credentials.tls.key {
    tls.certificateChain = try NIOSSLCertificate.fromPEMBytes(certificate).map { .certificate($0) }
    tls.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: key.exposed(), format: .pem))
  }
  let client = HTTPClient(
    eventLoopGroupProvider: .singleton, configuration: HTTPClient.Configuration(tlsConfiguration: tls))
  return (client, credentials.authorization?.exposedText())
}

/// Measures applies through a bare HTTP client, through the transport, and through the client over
/// it. They take turns, so that other load on the machine affects all of them.
func measureApplies(_ configuration: ClientConfiguration, _ transport: HTTPTransport) async throws {
  let (bare, authorization) = try await bareClient(configuration)
  let base = configuration.server.description
  let client = KubeClient(transport, fieldManager: "bench")
  let type = ResourceType(
    group: "", version: "v1", kind: "ConfigMap", plural: "configmaps", isNamespaced: true)
  @Sendable func request(_ object: Int, _ round: Int, _ salt: Int) -> KubeRequest {
    .apply(
      ObjectKey(type, namespace: "default", name: "object-\(object)"), document(object, round, salt: salt),
      fieldManager: "bench", force: true)
  }
  let variants:
    [(name: String, apply: @Sendable (_ object: Int, _ round: Int, _ salt: Int) async throws -> Void)] =
      [
        (
          "bare AsyncHTTPClient",
          { object, round, salt in
            let request = request(object, round, salt)
            var outgoing = HTTPClientRequest(url: base + request.target)
            outgoing.method = .PATCH
            for field in request.headers {
              outgoing.headers.add(name: field.name.rawName, value: field.value)
            }
            if let authorization { outgoing.headers.add(name: "Authorization", value: authorization) }
            if let body = request.body { outgoing.body = .bytes(ByteBuffer(bytes: body.exposed())) }
            let response = try await bare.execute(outgoing, timeout: .seconds(30))
            let body = try await response.body.collect(upTo: 1 << 20)
            guard response.status.code / 100 == 2, body.readableBytes > 0 else { throw Refused() }
          }
        ),
        (
          "KubeHTTP's transport",
          { object, round, salt in
            let response = try await transport.send(request(object, round, salt))
            var count = 0
            for try await chunk in response.body { count += chunk.count }
            guard response.status.kind == .successful, count > 0 else { throw Refused() }
          }
        ),
        (
          "KubeClient over it, answers read",
          { object, round, salt in
            guard try await client.object(request(object, round, salt)) != nil else { throw Refused() }
          }
        ),
      ]
  report(
    "| applies in flight | through | requests/s, median | best | ms on a core per request | of the bare client |"
  )
  report("|---|---|---|---|---|---|")
  var salt = Int.random(in: 0..<1_000_000)
  for concurrency in [1, 8, 64] {
    let count = concurrency == 1 ? 500 : 2048
    var wall: [[Double]] = variants.map { _ in [] }
    var core: [[Double]] = variants.map { _ in [] }
    for round in 0..<6 {
      for (index, variant) in variants.enumerated() {
        salt += 1
        let (now, apply) = (salt, variant.apply)
        let times = try await measure {
          try await applies(count, concurrency: concurrency) { try await apply($0, $1, now) }
        }
        // The first round warms up.
        guard round > 0 else { continue }
        wall[index].append(Double(count) / times.wall)
        core[index].append(times.core * 1000 / Double(count))
      }
    }
    for (index, variant) in variants.enumerated() {
      let sorted = wall[index].sorted()
      // Each round is compared with itself.
      let shares = zip(wall[index], wall[0]).map { $0 / $1 * 100 }.sorted()
      report(
        String(
          format: "| %d | %@ | %.0f | %.0f | %.3f | %.1f %% |", concurrency, variant.name,
          sorted[sorted.count / 2], sorted.last ?? 0, core[index].sorted()[core[index].count / 2],
          shares[shares.count / 2]))
    }
  }
  try await bare.shutdown()
}

/// An error: the server refused a request.
struct Refused: Error {}
