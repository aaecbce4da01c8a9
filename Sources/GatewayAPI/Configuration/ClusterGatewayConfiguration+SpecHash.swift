public import KubeCore

extension ClusterGatewayConfiguration {
  /// The hash by which OCM knows whether a configuration has reached a cluster: SHA-256, in lower-case
  /// hexadecimal, of
  /// the object as the server returned it, without `apiVersion`, `kind`, `metadata` and `status`, as Go's
  /// `json.Marshal`
  /// writes it.
  public static func specHash(of object: DynamicObject) -> String {
    var document = object.json
    for field in ["apiVersion", "kind", "metadata", "status"] { document[field] = nil }
    return SHA256.hexadecimal(JSONWriter(style: .goCompatible).bytes(document))
  }
}
