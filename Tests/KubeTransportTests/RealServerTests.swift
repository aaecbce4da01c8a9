import Foundation
import HTTPTypes
import KubeCore
import KubeTransport
import Testing

/// The responses of a real API server, recorded in `Fixtures/real-server`.
@Suite struct RealServerTests {
  /// The codes of each recording's refusals, in order; `*n` for n of them in a row.
  static let expected = [
    "access": "unauthorized forbidden*5",
    "apply-builtin": "serverError invalid",
    "apply-custom":
      "notFound applyConflict preconditionFailed conflict preconditionFailed serverError applyConflict serverError",
    "apply-ownership": "applyConflict*2",
    "apply-subresources": "applyConflict invalid",
    "apply-upsert":
      "invalid*2 badRequest*3 serverError badRequest*2 invalid conflict preconditionFailed*3 notFound serverError",
    "create-bodies": "badRequest*7 invalid badRequest*2 unsupported*2",
    "create-names": "invalid*5 badRequest serverError*2 invalid*6",
    "create": "alreadyExists notFound alreadyExists*2 notFound",
    "custom-resource": "conflict notFound invalid*2",
    "defaults": "invalid",
    "delete-namespace": "forbidden*2 notFound",
    "delete": "notFound preconditionFailed conflict invalid*2 notFound",
    "get-missing": "notFound*4",
    "immutable": "invalid*4 badRequest",
    "list-expired": "gone*2",
    "list-order": "notFound*3 forbidden",
    "list": "badRequest*9 serverError timeout*2 invalid*2",
    "managed-fields": "conflict",
    "partial": "notFound invalid",
    "patch":
      "unsupported*3 conflict preconditionFailed notFound badRequest serverError invalid preconditionFailed invalid badRequest invalid",
    "replace": "conflict*2 preconditionFailed badRequest*2 serverError notFound*3 invalid*2",
    "size": "invalid tooLarge serverError invalid",
    "unknown-path": "notFound*5 unsupported*2 notFound*2",
    "watch": "serverError badRequest invalid",
  ]

  struct Exchange {
    var request: KubeRequest
    var status: Int
    var headers: HTTPFields
    var body: String
  }

  /// `> METHOD TARGET`, headers, body; `< STATUS [CONTENT-TYPE]`, headers, body; `# ` is a comment.
  static func exchanges(_ name: String) throws -> [Exchange] {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../Fixtures/real-server/\(name).txt")
    var exchanges: [Exchange] = []
    var request = KubeRequest.raw(path: "/")
    var isAnswer = false
    for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
    where !line.hasPrefix("# ") {
      if line.hasPrefix("> ") {
        let parts = line.dropFirst(2).split(separator: " ", maxSplits: 1)
        request = KubeRequest.raw(
          try #require(HTTPRequest.Method(String(parts[0]))),
          path: String(parts[1].split(separator: "?")[0]))
        isAnswer = false
      } else if line.hasPrefix("< ") {
        let status = try #require(Int(line.dropFirst(2).prefix(3)))
        exchanges.append(Exchange(request: request, status: status, headers: [:], body: ""))
        isAnswer = true
      } else {
        let header = line.split(separator: ": ", maxSplits: 1)
        let name = header.count == 2 && !line.hasPrefix("{") ? HTTPField.Name(String(header[0])) : nil
        if let name, isAnswer {
          exchanges[exchanges.count - 1].headers[name] = String(header[1])
        } else if let name {
          request.headers[name] = String(header[1])
        } else if isAnswer {
          exchanges[exchanges.count - 1].body += line + "\n"
        } else {
          request.body = SecretBytes(utf8: String(line))
        }
      }
    }
    return exchanges
  }

  @Test func `every refusal has its code`() throws {
    var count = 0
    for (name, codes) in Self.expected.sorted(by: { $0.key < $1.key }) {
      var expected: [String] = []
      for code in codes.split(separator: " ") {
        let parts = code.split(separator: "*")
        expected += Array(repeating: String(parts[0]), count: parts.count > 1 ? Int(parts[1]) ?? 0 : 1)
      }
      let refusals = try Self.exchanges(name).filter { !(200..<300).contains($0.status) }
      count += refusals.count
      let errors = refusals.map {
        KubeError($0.request, httpStatus: $0.status, headers: $0.headers, body: Array($0.body.utf8))
      }
      // "precondition failed" is spelled preconditionFailed.
      let actual = errors.map { error in
        let words = error.code.description.split(separator: " ").map(String.init)
        return words[0] + words.dropFirst().map(\.capitalized).joined()
      }
      #expect(actual == expected, "\(name)")
      for error in errors where error.httpStatus == 500 {
        // Each of these refuses what was asked, whatever the status says.
        #expect(!error.isTransient && !error.mayHaveTakenEffect, "\(error)")
      }
    }
    #expect(count == 152)
  }

  @Test func `apply conflicts name their managers`() throws {
    let refusal = try #require(try Self.exchanges("apply-ownership").first { $0.status == 409 })
    let error = KubeError(refusal.request, httpStatus: 409, body: Array(refusal.body.utf8))
    #expect(
      error.applyConflicts == [
        .init(manager: "m1", field: ".data.a"), .init(manager: "m1", field: ".data.b"),
      ])
  }

  @Test func `an API that isn't served differs from a missing object`() throws {
    let errors = try Self.exchanges("unknown-path").filter { $0.status == 404 }.map {
      KubeError($0.request, httpStatus: 404, body: Array($0.body.utf8))
    }
    #expect(errors.first?.description.contains("the API that it belongs to is not served") == true)
    #expect(errors.allSatisfy { $0.code == .notFound && !$0.mayHaveTakenEffect })
  }

  @Test func `a timeout has a retry delay`() throws {
    let refusal = try #require(try Self.exchanges("list").first { $0.status == 504 })
    let error = KubeError(
      refusal.request, httpStatus: 504, headers: refusal.headers, body: Array(refusal.body.utf8))
    #expect(error.code == .timeout && error.retryAfter == .seconds(1) && error.isTransient)
  }

  /// 1.20 refuses a streaming list, and the machine asks for a list instead.
  @Test func `a server without streaming lists is sent list requests`() throws {
    let refusal = try #require(try Self.exchanges("watch").last { $0.status == 422 })
    var watcher = Watcher(
      ResourceSelection(configMaps), options: Watcher.Options(usesStreamingList: true))
    guard case .watch(let request) = watcher.nextAction(jitter: 1) else { throw CancellationError() }
    watcher.failed(KubeError(request, httpStatus: 422, body: Array(refusal.body.utf8)))
    guard case .list = watcher.nextAction(jitter: 1) else { throw CancellationError() }
    #expect(watcher.isStreamingRefused && watcher.failures == 0)
  }
}
