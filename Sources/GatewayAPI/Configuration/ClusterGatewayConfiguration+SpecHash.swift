public import KubeCore

extension ClusterGatewayConfiguration {
  /// The hash by which OCM detects whether a configuration has reached a cluster: SHA-256, in
  /// lower-case hexadecimal, of the object as the server returned it, without `apiVersion`, `kind`,
  /// `metadata` and `status`, in the format of Go's `json.Marshal`.
  public static func specHash(of object: DynamicObject) -> String {
    var document = object.json
    for field in ["apiVersion", "kind", "metadata", "status"] { document[field] = nil }
    return SHA256.hexadecimal(JSONWriter(style: .goCompatible).bytes(document))
  }
}
