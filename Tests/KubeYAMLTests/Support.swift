import KubeCore
import KubeYAML

/// The one document in `text`.
func read(_ text: String, limits: YAMLReader.Limits = .default) throws -> JSONValue {
  let documents = try YAMLReader(limits: limits).documents(text.utf8, file: "f")
  return documents.first?.value ?? .null
}

/// The error of the reader for `text`; `nil` where it accepts it.
func complaint(_ bytes: some Collection<UInt8>, limits: YAMLReader.Limits = .default) -> YAMLError? {
  do throws(YAMLError) {
    _ = try YAMLReader(limits: limits).objects(bytes, file: "f")
    return nil
  } catch {
    return error
  }
}

/// A JSON number.
func number(_ text: String) -> JSONValue {
  JSONNumber(text: text).map { .number($0) } ?? .string("not a number: \(text)")
}

/// A generator whose sequence is fixed by its seed (SplitMix64), so that a failure can be repeated.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var bits = state
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return bits ^ (bits >> 31)
  }
}

/// A typical manifest: comments, several documents, anchors, blocks, quotes, flow style, a list.
let manifest = #"""
  # An add-on and what belongs to it.
  apiVersion: v1
  kind: Namespace
  metadata: {name: open-cluster-management-addon, labels: {"team/a": 'yes', n: "1"}}
  ---
  apiVersion: apps/v1
  kind: Deployment
  metadata:
    name: gateway
    namespace: vela-system
    labels: &labels
      app: gateway   # selected below
      tier: "on"
    annotations:
      note: >-
        Folded over
        two lines
      script: |
        #!/bin/sh
        if [ "$1" = "x" ]; then
          echo 'a: b' # not a comment
        fi
  spec:
    replicas: 3
    selector:
      matchLabels: *labels
    template:
      metadata:
        labels:
          <<: *labels
          tier: two
      spec:
        containers:
        - name: gateway
          args: ["--port=9443", '--bind=[::]', --verbose]
          ports:
          - {containerPort: 9443, protocol: TCP}
          resources:
            limits: {cpu: 500m, memory: 128Mi}
          command:
          - sh
          - -c
          - "printf \"\u00e9\\n\""
  ...
  ---
  apiVersion: v1
  kind: List
  items:
  - apiVersion: v1
    kind: Secret
    metadata: {name: token, namespace: vela-system}
    data:
      password: aHVudGVyMg==
  - apiVersion: v1
    kind: ConfigMap
    metadata:
      name: settings
    data:
      8080: "http"
      on: "truth"
      mode: "0644"
  """#
