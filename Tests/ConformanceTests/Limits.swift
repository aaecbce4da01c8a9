import HTTPTypes
import KubeCore
import KubeKindsCoordination
import KubeKindsCore
import KubeTransport

extension Behavior {
  private static func tokenPath(_ s: Sandbox, _ account: String) -> [String] {
    ["api", "v1", "namespaces", s.namespace, "serviceaccounts", account, "token"]
  }

  private static func tokenRequest(seconds: Int) -> String {
    "{\"apiVersion\":\"authentication.k8s.io/v1\",\"kind\":\"TokenRequest\",\"spec\":{\"expirationSeconds\":\(seconds)}}"
  }

  private static func account(_ name: String) -> JSONValue {
    document(ServiceAccount.type, name, [:])
  }

  static let tokens: [Behavior] = [
    Behavior("a token is made for a service account, and says when it ends") { s in
      try await s.create(account("robot"))
      let (status, body) = try await s.raw(
        .post, tokenPath(s, "robot"), body: tokenRequest(seconds: 3600))
      try expect(status, 201, "the status")
      try expect(body?["kind"], "TokenRequest")
      let token = body?.value(at: "status", "token")?.string ?? ""
      try expect(token.split(separator: ".", omittingEmptySubsequences: false).count, 3, "the token's parts")
      let end = body?.value(at: "status", "expirationTimestamp")?.string ?? ""
      try expect(Timestamp(rfc3339: end) != nil, "the end isn't a time: \(end)")
      try expect(body?.value(at: "spec", "expirationSeconds"), 3600)
    },
    Behavior("a token lasts ten minutes at least") { s in
      try await s.create(account("robot"))
      let (status, body) = try await s.raw(.post, tokenPath(s, "robot"), body: tokenRequest(seconds: 599))
      try expect(status, 422, "the status")
      try expect(body?["reason"], "Invalid")
      let causes = body?.value(at: "details", "causes")?.array ?? []
      try expect(causes.first?["field"], "spec.expirationSeconds")
    },
    Behavior("no token is made for a service account that isn't there") { s in
      let (status, body) = try await s.raw(.post, tokenPath(s, "nobody"), body: tokenRequest(seconds: 3600))
      try expect(status, 404, "the status")
      try expect(body?["reason"], "NotFound")
    },
    Behavior("tokens can't be read") { s in
      try await s.create(account("robot"))
      let (status, body) = try await s.raw(.get, tokenPath(s, "robot"))
      try expect(status, 405, "the status")
      try expect(body?["reason"], "MethodNotAllowed")
    },
    Behavior("a subresource that isn't there is not found") { s in
      try await s.create(configMap("a"))
      let path = ["api", "v1", "namespaces", s.namespace, "configmaps", "a", "status"]
      try expect(try await s.raw(.get, path).status, 404, "the status")
    },
  ]

  static let rulesOfKinds: [Behavior] = [
    Behavior("a lease's duration is positive") { s in
      try await s.invalid(["spec.leaseDurationSeconds"]) {
        try await s.create(document(Lease.type, "a", ["spec": ["leaseDurationSeconds": 0]]))
      }
    },
    Behavior("a lease's transitions aren't negative") { s in
      try await s.invalid(["spec.leaseTransitions"]) {
        try await s.create(document(Lease.type, "a", ["spec": ["leaseTransitions": -1]]))
      }
    },
    Behavior("an immutable ConfigMap's data can't be changed") { s in
      var object = configMap("a")
      object["immutable"] = true
      try await s.create(object)
      try await s.invalid(["data"]) { try await s.merge(s.key("a"), ["data": ["new": "1"]]) }
      try await s.invalid(["data"]) {
        try await s.apply(configMap("a", ["new": "1"]), as: "other", force: true)
      }
    },
    Behavior("what is immutable stays so") { s in
      var object = configMap("a")
      object["immutable"] = true
      try await s.create(object)
      try await s.invalid(["immutable"]) { try await s.merge(s.key("a"), ["immutable": false]) }
    },
    Behavior("an immutable ConfigMap's labels can be changed, and it can be deleted") { s in
      var object = configMap("a")
      object["immutable"] = true
      try await s.create(object)
      let changed = try await s.merge(s.key("a"), ["metadata": ["labels": ["a": "b"]]])
      try expect(changed.at("metadata", "labels", "a"), "b")
      try await s.delete(s.key("a"))
      try await s.isGone(s.key("a"))
    },
    Behavior("an immutable Secret's data can't be changed") { s in
      try await s.create(
        document(Secret.type, "a", ["data": ["token": "dG9w"], "immutable": true, "type": "Opaque"]))
      try await s.invalid(["data"]) {
        try await s.merge(s.key("a", Secret.type), ["data": ["token": "YQ=="]])
      }
    },
    Behavior("a limit that is no number is refused") { s in
      let path = ["api", "v1", "namespaces", s.namespace, "configmaps"]
      try expect(try await s.raw(.get, path, query: [("limit", "few")]).status, 400, "the status")
    },
    Behavior("a timeout that is no number is refused") { s in
      let path = ["api", "v1", "namespaces", s.namespace, "configmaps"]
      let query = [("watch", "true"), ("timeoutSeconds", "soon")]
      try expect(try await s.raw(.get, path, query: query).status, 400, "the status")
    },
  ]
}
