import BenchDocuments
import Foundation
import HTTPTypes
import KubeCore
import KubeKindsCore
import KubeTransport
import KubeYAML

/// A server with one response for all requests.
private struct OneAnswer: Transport {
  var body: [UInt8]

  func send(_ request: KubeRequest) async throws -> KubeResponse {
    KubeResponse(status: .ok, headers: [.contentType: "application/json"], body: ResponseBody(body))
  }
}

@MainActor
func measureJSON(_ harness: Harness) async throws {
  let list = Documents.secretList(10_000)
  let megabytes = Double(list.count) / 1e6
  let parser = JSONParser()
  try await harness.rate("JSON read, list of 10,000 Secrets, as a document", unit: "MB/s", amount: megabytes)
  {
    consume(try parser.parse(list))
  }
  let client = KubeClient(OneAnswer(body: list), fieldManager: "bench")
  try await harness.rate(
    "JSON read, the same, as typed [Secret] through KubeClient", unit: "MB/s", amount: megabytes,
    target: .atLeast(100)
  ) {
    let secrets = try await client.list(Secret.self)
    guard secrets.items.count == 10_000 else { fatalError("not the list") }
  }
  let document = try parser.parse(list)
  await harness.rate("JSON write, the same document", unit: "MB/s", amount: megabytes) {
    consume(JSONWriter(secrets: .revealed).bytes(document))
  }
}

@MainActor
func measureWatch(_ harness: Harness) async throws {
  let count = 10_000
  var stream: [UInt8] = []
  for number in 0..<count {
    stream += JSONWriter(secrets: .revealed).bytes(["type": "MODIFIED", "object": Documents.secret(number)])
    stream.append(UInt8(ascii: "\n"))
  }
  let chunks = stride(from: 0, to: stream.count, by: 16_384).map {
    Array(stream[$0..<min($0 + 16_384, stream.count)])
  }
  try await harness.rate(
    "Watch events of Secrets of \(stream.count / count) bytes, in chunks of 16 KiB", unit: "events/s",
    amount: Double(count), target: .atLeast(20_000)
  ) {
    var decoder = WatchDecoder()
    var seen = 0
    for chunk in chunks { seen += try decoder.push(chunk).count }
    guard seen == count else { fatalError("not the events") }
  }
}

@MainActor
func measureYAML(_ harness: Harness) async throws {
  let documents = (0..<500).map { Documents.secret($0) }
  let writer = YAMLWriter()
  let text = Array(writer.documents(documents, secrets: .revealed).utf8)
  let megabytes = Double(text.count) / 1e6
  try await harness.rate("YAML read, 500 documents", unit: "MB/s", amount: megabytes) {
    consume(try YAMLReader().documents(text))
  }
  await harness.rate("YAML write, 500 documents", unit: "MB/s", amount: megabytes) {
    consume(writer.documents(documents, secrets: .revealed))
  }
}
