import KubeCore
import KubeKindsApps
import KubeKindsCore

/// The custom kind of this suite.
enum Widget {
  static let group = "conformance.example.org"
  static let type = ResourceType(
    group: group, version: "v1", kind: "Widget", plural: "widgets", isNamespaced: true)
  static let older = ResourceType(
    group: group, version: "v1beta1", kind: "Widget", plural: "widgets", isNamespaced: true)
  static let types = [type.apiVersion: type, older.apiVersion: older]

  static func definition(group: String = group, kind: String = "Widget", plural: String = "widgets")
    -> JSONValue
  {
    [
      "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
      "metadata": ["name": .string("\(plural).\(group)")],
      "spec": [
        "group": .string(group), "scope": "Namespaced",
        "names": ["kind": .string(kind), "plural": .string(plural)],
        "versions": [version("v1", storage: true), version("v1beta1", storage: false)],
      ],
    ]
  }

  private static func version(_ name: String, storage: Bool) -> JSONValue {
    [
      "name": .string(name), "served": true, "storage": .bool(storage), "subresources": ["status": [:]],
      "schema": ["openAPIV3Schema": ["type": "object", "properties": ["spec": spec, "status": status]]],
    ]
  }

  private static let spec: JSONValue = [
    "type": "object", "required": ["size"],
    "properties": [
      "size": ["type": "integer", "minimum": 1],
      "mode": ["type": "string", "enum": ["Fast", "Slow"], "default": "Slow"],
      "note": ["type": "string", "maxLength": 10],
      "blob": ["type": "string"],
      "parts": [
        "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
        "items": [
          "type": "object", "required": ["name"],
          "properties": ["name": ["type": "string"], "value": ["type": "string"]],
        ],
      ],
      "tags": ["type": "array", "x-kubernetes-list-type": "set", "items": ["type": "string"]],
      "steps": ["type": "array", "items": ["type": "string"]],
      "free": ["type": "object", "x-kubernetes-preserve-unknown-fields": true],
      "extra": ["type": "object", "additionalProperties": ["type": "string"]],
    ],
  ]

  private static let status: JSONValue = [
    "type": "object",
    "properties": [
      "phase": ["type": "string"],
      "conditions": [
        "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"],
        "items": [
          "type": "object", "required": ["type", "status"],
          "properties": [
            "type": ["type": "string"], "status": ["type": "string", "enum": ["True", "False", "Unknown"]],
          ],
        ],
      ],
    ],
  ]
}

/// An object of `type`, with the metadata and the other members given.
func document(
  _ type: ResourceType, _ name: String, labels: JSONValue? = nil, metadata: JSONValue = [:],
  _ members: JSONValue = [:]
) -> JSONValue {
  var document = members
  document["apiVersion"] = .string(type.apiVersion)
  document["kind"] = .string(type.kind)
  var metadata = metadata
  if !name.isEmpty { metadata["name"] = .string(name) }
  if let labels { metadata["labels"] = labels }
  document["metadata"] = metadata
  return document
}

func configMap(
  _ name: String, _ data: JSONValue? = ["a": "1"], labels: JSONValue? = nil, metadata: JSONValue = [:]
) -> JSONValue {
  document(ConfigMap.type, name, labels: labels, metadata: metadata, .fields(["data": data]))
}

func widget(
  _ name: String, _ spec: JSONValue = ["size": 1], status: JSONValue? = nil, labels: JSONValue? = nil,
  metadata: JSONValue = [:]
) -> JSONValue {
  document(
    Widget.type, name, labels: labels, metadata: metadata, .fields(["spec": spec, "status": status]))
}

func deployment(_ name: String, replicas: JSONValue? = 0, containers: JSONValue = [container("c")])
  -> JSONValue
{
  document(
    Deployment.type, name,
    [
      "spec": .fields([
        "replicas": replicas, "selector": ["matchLabels": ["app": "x"]],
        "template": ["metadata": ["labels": ["app": "x"]], "spec": ["containers": containers]],
      ])
    ])
}

func container(_ name: String, cpu: JSONValue? = nil) -> JSONValue {
  .fields([
    "name": .string(name), "image": "example.org/image:1",
    "resources": cpu.map { ["limits": ["cpu": $0]] },
  ])
}

/// A reference to `owner`.
func reference(to owner: DynamicObject, blocks: Bool? = nil, uid: String? = nil) -> JSONValue {
  .fields([
    "apiVersion": .string(owner.apiVersion), "kind": .string(owner.kind),
    "name": .string(owner.metadata.name), "uid": .string(uid ?? owner.metadata.uid ?? ""),
    "blockOwnerDeletion": blocks.map { .bool($0) },
  ])
}

/// A uid that nothing has.
let foreignUID = "00000000-0000-4000-8000-000000000000"
