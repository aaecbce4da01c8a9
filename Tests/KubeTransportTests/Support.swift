import HTTPTypes
import KubeCore
import KubeTransport
import Synchronization

let configMaps = ResourceType(
  group: "", version: "v1", kind: "ConfigMap", plural: "configmaps", isNamespaced: true)
let deployments = ResourceType(
  group: "apps", version: "v1", kind: "Deployment", plural: "deployments", isNamespaced: true)
let namespaces = ResourceType(
  group: "", version: "v1", kind: "Namespace", plural: "namespaces", isNamespaced: false)

func configMap(_ name: String, version: String = "1", uid: String = "u1") -> JSONValue {
  [
    "apiVersion": "v1", "kind": "ConfigMap",
    "metadata": [
      "name": .string(name), "namespace": "ns", "uid": .string(uid), "resourceVersion": .string(version),
    ],
    "data": ["text": "zwei\nZeilen ☂ 😀"],
  ]
}

func object(_ name: String, version: String = "1") throws -> DynamicObject {
  try DynamicObject(configMap(name, version: version))
}

func list(_ items: [JSONValue], version: String, continue token: String? = nil) -> JSONValue {
  [
    "apiVersion": "v1", "kind": "ConfigMapList",
    "metadata": .fields(["resourceVersion": .string(version), "continue": token?.json]),
    "items": .array(
      items.map { item in
        var item = item
        item["apiVersion"] = nil
        item["kind"] = nil
        return item
      }),
  ]
}

func event(_ type: String, _ object: JSONValue) -> [UInt8] {
  JSONWriter().bytes(["type": .string(type), "object": object]) + [0x0A]
}

func status(
  _ code: Int, _ reason: String?, _ message: String = "", causes: [StatusCause] = [], retryAfter: Int32? = nil
) -> JSONValue {
  Status(
    status: "Failure", message: message, reason: reason,
    details: StatusDetails(causes: causes, retryAfterSeconds: retryAfter), code: code
  ).json
}

func response(_ json: JSONValue) -> KubeResponse { response(200, json) }

func response(_ code: Int, _ json: JSONValue, headers: HTTPFields = [:]) -> KubeResponse {
  KubeResponse(
    status: HTTPResponse.Status(code: code), headers: headers,
    body: ResponseBody(JSONWriter(secrets: .revealed).bytes(json)))
}

/// Gives prepared answers in order, and keeps the requests.
final class ScriptedTransport: Transport {
  typealias Answer = @Sendable (KubeRequest) throws -> KubeResponse
  struct ScriptIsOver: Error {}

  private let state: Mutex<(answers: [Answer], requests: [KubeRequest])>

  init(_ answers: [Answer]) { state = Mutex((answers, [])) }
  convenience init(_ responses: KubeResponse...) {
    self.init(responses.map { response in { _ in response } })
  }

  var requests: [KubeRequest] { state.withLock { $0.requests } }

  func send(_ request: KubeRequest) async throws -> KubeResponse {
    let answer = state.withLock { state -> Answer? in
      state.requests.append(request)
      return state.answers.isEmpty ? nil : state.answers.removeFirst()
    }
    guard let answer else { throw ScriptIsOver() }
    return try answer(request)
  }
}

/// A clock whose sleeps are over at once, and noted.
final class SkippingClock: Clock {
  struct Instant: InstantProtocol {
    var offset: Duration
    func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
    func duration(to other: Instant) -> Duration { other.offset - offset }
    static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
  }

  private let state = Mutex<(now: Instant, sleeps: [Duration])>((Instant(offset: .zero), []))
  var now: Instant { state.withLock { $0.now } }
  var minimumResolution: Duration { .nanoseconds(1) }
  var sleeps: [Duration] { state.withLock { $0.sleeps } }

  func sleep(until deadline: Instant, tolerance: Duration?) async throws {
    try Task.checkCancellation()
    state.withLock { state in
      state.sleeps.append(state.now.duration(to: deadline))
      state.now = max(state.now, deadline)
    }
  }
}

/// A body that gives `chunks` and then breaks, or hangs until the task is cancelled.
func body(_ chunks: [[UInt8]], then end: (any Error)? = nil, hangs: Bool = false) -> ResponseBody {
  ResponseBody {
    var rest = chunks.makeIterator()
    return ResponseBody.AsyncIterator {
      if let chunk = rest.next() { return chunk }
      if hangs { try await Task.sleep(for: .seconds(3600)) }
      if let end { throw end }
      return nil
    }
  }
}

let noIdleTimeout = KubeClient.Limits(pageSize: 2, headTimeout: nil, idleTimeout: nil)

/// A watcher's options for a list and a watch.
let listing = Watcher.Options(usesStreamingList: false)

/// Another clock's time, on which sleeps end only with their task.
struct HangingClock: Clock {
  typealias Instant = SkippingClock.Instant
  let base: SkippingClock
  var now: Instant { base.now }
  var minimumResolution: Duration { base.minimumResolution }

  func sleep(until deadline: Instant, tolerance: Duration?) async throws {
    try await Task.sleep(for: .seconds(3600))
  }
}
