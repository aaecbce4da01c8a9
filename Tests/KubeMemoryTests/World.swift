import HTTPTypes
import KubeCore
import KubeMemory
import KubeTransport

import struct Foundation.Date

/// A server with a clock that moves one second per request.
struct World {
  var server: MemoryAPIServer
  var seconds = 1_700_000_000.0
  /// The user who makes the requests; `nil` leaves it to the server.
  var user: APIUser?

  init(limits: MemoryAPIServer.Limits = .init(), authorization: MemoryAPIServer.Authorization = .alwaysAllow)
  {
    server = MemoryAPIServer(
      limits: limits, authorization: authorization, at: Date(timeIntervalSince1970: 1_700_000_000))
  }

  /// The response.
  struct Answer {
    var code: Int
    var body: [UInt8]
    var json: JSONValue
    var watch: WatchSubscription?
    /// The values of the `Warning` headers.
    var warnings: [String] = []

    var reason: String? { json["reason"]?.string }
    var message: String? { json["message"]?.string }
    var version: String? { json.value(at: "metadata", "resourceVersion")?.string }
    var uid: String? { json.value(at: "metadata", "uid")?.string }
    var generation: Int64? { json.value(at: "metadata", "generation")?.int64 }
    /// `manager/operation[/subresource]` → `fieldsV1`.
    var owners: [String: JSONValue] {
      var owners: [String: JSONValue] = [:]
      for entry in json.value(at: "metadata", "managedFields")?.array ?? [] {
        let parts = ["manager", "operation", "subresource"].compactMap { entry[$0]?.string }
        owners[parts.joined(separator: "/")] = entry["fieldsV1"]
      }
      return owners
    }
  }

  mutating func send(
    _ method: HTTPRequest.Method, _ target: String, _ body: JSONValue? = nil, type: String? = nil,
    bytes: [UInt8]? = nil, headers: HTTPFields = [:]
  ) -> Answer {
    seconds += 1
    let parts = target.split(separator: "?", maxSplits: 1).map { String($0) }
    let path = parts[0].split(separator: "/").map { String($0) }
    let query = (parts.count > 1 ? parts[1] : "").split(separator: "&").map { item in
      let pair = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map { String($0) }
      return KubeRequest.QueryItem(pair[0], pair.count > 1 ? pair[1] : "")
    }
    var headers = headers
    if let type { headers[.contentType] = type }
    let bytes = bytes ?? body.map { JSONWriter(secrets: .revealed).bytes($0) }
    let request = KubeRequest(
      method: method, path: path, query: query, headers: headers, body: bytes.map { SecretBytes($0) })
    let time = Date(timeIntervalSince1970: seconds)
    let response =
      user.map { server.handle(request, as: $0, at: time) } ?? server.handle(request, at: time)
    var answer = Answer(code: response.status.code, body: response.body, json: .null)
    answer.warnings = response.headers.filter { $0.name.canonicalName == "warning" }.map(\.value)
    if case .watch(let subscription) = response.content { answer.watch = subscription }
    answer.json =
      (try? JSONParser().parse(response.body)) ?? .string(String(decoding: response.body, as: UTF8.self))
    return answer
  }

  mutating func get(_ target: String) -> Answer { send(.get, target) }
  mutating func post(_ target: String, _ body: JSONValue) -> Answer { send(.post, target, body) }
  mutating func put(_ target: String, _ body: JSONValue) -> Answer { send(.put, target, body) }
  mutating func delete(_ target: String, _ body: JSONValue? = nil) -> Answer { send(.delete, target, body) }

  mutating func merge(_ target: String, _ body: JSONValue) -> Answer {
    send(.patch, target, body, type: "application/merge-patch+json")
  }

  mutating func jsonPatch(_ target: String, _ body: JSONValue) -> Answer {
    send(.patch, target, body, type: "application/json-patch+json")
  }

  mutating func apply(_ target: String, _ manager: String, _ body: JSONValue, force: Bool = false) -> Answer {
    send(
      .patch, target + "?fieldManager=\(manager)" + (force ? "&force=true" : ""), body,
      type: "application/apply-patch+yaml")
  }

  /// The pending events of `subscription`, as `TYPE name`.
  mutating func poll(_ subscription: inout WatchSubscription) -> [String] {
    server.events(for: &subscription).map { line in
      let event = (try? JSONParser().parse(line)) ?? .null
      let object = event["object"]
      let name = object?.value(at: "metadata", "name")?.string ?? object?["code"].map { "\($0)" } ?? ""
      return "\(event["type"]?.string ?? "?") \(name)"
    }
  }

  /// Collects garbage until none is left.
  mutating func collectGarbage() {
    for _ in 0..<50 where server.collectGarbage(at: Date(timeIntervalSince1970: seconds)) > 0 {}
  }

  func time(_ offset: Double) -> JSONValue {
    Timestamp(Date(timeIntervalSince1970: 1_700_000_000 + offset)).json
  }
}

/// Documents that several tests use.
enum Sample {
  static let configMaps = "/api/v1/namespaces/default/configmaps"
  static let secrets = "/api/v1/namespaces/default/secrets"
  static let services = "/api/v1/namespaces/default/services"
  static let deployments = "/apis/apps/v1/namespaces/default/deployments"
  static let widgets = "/apis/example.org/v1/namespaces/default/widgets"
  static let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"

  static func configMap(_ name: String, _ data: JSONValue = ["a": "1"], labels: JSONValue? = nil) -> JSONValue
  {
    .fields([
      "apiVersion": "v1", "kind": "ConfigMap",
      "metadata": .fields(["name": .string(name), "labels": labels]), "data": data,
    ])
  }

  static func secret(_ name: String, type: String? = nil) -> JSONValue {
    .fields([
      "apiVersion": "v1", "kind": "Secret", "metadata": ["name": .string(name)],
      "type": type.map { .string($0) }, "data": ["token": "dG9w"],
    ])
  }

  static func service(_ name: String, ports: JSONValue = [["port": 443]]) -> JSONValue {
    [
      "apiVersion": "v1", "kind": "Service", "metadata": ["name": .string(name)],
      "spec": ["selector": ["app": "x"], "ports": ports],
    ]
  }

  static func deployment(_ name: String, cpu: JSONValue = "0.1", image: String = "x:1") -> JSONValue {
    [
      "apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": .string(name)],
      "spec": [
        "selector": ["matchLabels": ["app": "x"]],
        "template": [
          "metadata": ["labels": ["app": "x"]],
          "spec": [
            "containers": [
              [
                "name": "main", "image": .string(image),
                "resources": ["requests": ["cpu": cpu]],
              ]
            ]
          ],
        ],
      ],
    ]
  }

  static let definition: JSONValue = [
    "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
    "metadata": ["name": "widgets.example.org"],
    "spec": [
      "group": "example.org", "scope": "Namespaced",
      "names": ["kind": "Widget", "plural": "widgets"],
      "versions": [
        version("v1", storage: true), version("v1beta1", storage: false),
      ],
    ],
  ]

  private static func version(_ name: String, storage: Bool) -> JSONValue {
    [
      "name": .string(name), "served": true, "storage": .bool(storage), "subresources": ["status": [:]],
      "schema": [
        "openAPIV3Schema": [
          "type": "object",
          "properties": [
            "spec": [
              "type": "object", "required": ["size"],
              "properties": [
                "size": ["type": "integer", "minimum": 1],
                "mode": ["type": "string", "enum": ["Fast", "Slow"], "default": "Slow"],
                "note": ["type": "string"],
                "parts": [
                  "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
                  "items": [
                    "type": "object", "required": ["name"],
                    "properties": ["name": ["type": "string"], "value": ["type": "string"]],
                  ],
                ],
                "tags": [
                  "type": "array", "x-kubernetes-list-type": "set", "items": ["type": "string"],
                ],
                "free": ["type": "object", "x-kubernetes-preserve-unknown-fields": true],
                "extra": ["type": "object", "additionalProperties": ["type": "string"]],
              ],
            ],
            "status": [
              "type": "object",
              "properties": [
                "phase": ["type": "string"],
                "conditions": [
                  "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"],
                  "items": [
                    "type": "object", "required": ["type", "status"],
                    "properties": ["type": ["type": "string"], "status": ["type": "string"]],
                  ],
                ],
              ],
            ],
          ],
        ]
      ],
    ]
  }

  static func widget(_ name: String, _ spec: JSONValue = ["size": 1]) -> JSONValue {
    [
      "apiVersion": "example.org/v1", "kind": "Widget", "metadata": ["name": .string(name)], "spec": spec,
    ]
  }

  /// A world in which widgets are served.
  static func widgetWorld() -> World {
    var world = World()
    _ = world.post(definitions, definition)
    return world
  }
}
