public import KubeCore

/// A web site: pods behind a Service, and a DNS record outside the cluster.
public struct Website: KubeObject {
  /// How the API serves this kind.
  public static let type = ResourceType(
    group: "example.com", version: "v1", kind: "Website", plural: "websites", isNamespaced: true)

  /// The object's metadata.
  public var metadata: ObjectMeta
  /// The image of the web server, which listens on port 8080.
  public var image: String
  /// The name in DNS.
  public var host: String
  /// How many pods there are.
  public var replicas: Int32

  /// A web site.
  public init(metadata: ObjectMeta, image: String, host: String, replicas: Int32 = 1) {
    (self.metadata, self.image, self.host, self.replicas) = (metadata, image, host, replicas)
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    metadata = try reader["metadata"].required()
    image = try reader["spec"]["image"].required()
    host = try reader["spec"]["host"].required()
    replicas = try reader["spec"]["replicas"].optional() ?? 1
  }

  /// The object as the API takes it.
  public var json: JSONValue {
    document([
      "spec": ["image": .string(image), "host": .string(host), "replicas": .integer(replicas)]
    ])
  }

  /// The kind's definition, to be applied before the operator starts.
  public static let definition = type.definition(
    schema: schema,
    columns: ["Host": ".spec.host", "Available": #".status.conditions[?(@.type=="Available")].status"#])

  /// The schema of its objects, which also says how their lists merge.
  public static let schema: JSONValue = [
    "type": "object",
    "properties": [
      "spec": [
        "type": "object", "required": ["image", "host"],
        "properties": [
          "image": ["type": "string"], "host": ["type": "string"],
          "replicas": ["type": "integer", "format": "int32", "minimum": 0, "default": 1],
        ],
      ],
      "status": ["type": "object", "x-kubernetes-preserve-unknown-fields": true],
    ],
  ]
}
