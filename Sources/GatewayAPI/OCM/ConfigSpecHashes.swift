public import KubeCore

/// The hashes of the configurations that a ManifestWork was created from: the value of its
/// annotation ``OCMAnnotations/configSpecHash``.
///
/// OCM compares them with the desired hashes to detect whether a new configuration has reached a
/// cluster.
public struct ConfigSpecHashes: Sendable, Hashable {
  /// The hashes by `<resource>.<group>/<namespace or empty>/<name>`.
  public private(set) var hashes: [String: String]

  /// Creates an empty collection.
  public init() { hashes = [:] }

  /// Parses an annotation's value; empty where it isn't a JSON object of strings.
  public init(annotation: String) {
    self.init()
    let parser = JSONParser(maximumDepth: 4, maximumBytes: 256 << 10)
    guard let members = try? parser.parse(annotation).object else { return }
    for member in members { hashes[member.key] = member.value.string }
  }

  /// The hash of the spec of an object; `nil` where none is recorded.
  public subscript(type: ResourceType, namespace namespace: String?, name name: String) -> String? {
    get { hashes[ConfigSpecHashes.key(type, namespace: namespace, name: name)] }
    set { hashes[ConfigSpecHashes.key(type, namespace: namespace, name: name)] = newValue }
  }

  /// The annotation's value.
  public var annotation: String { JSONWriter(style: .goCompatible).text(hashes.json) }

  private static func key(_ type: ResourceType, namespace: String?, name: String) -> String {
    "\(type.plural).\(type.group)/\(namespace ?? "")/\(name)"
  }
}
