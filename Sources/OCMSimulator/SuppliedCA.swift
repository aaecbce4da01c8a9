public import KubeCore
import KubeKindsCore
public import KubeTransport

/// The ways in which a person writes their own CA to the signer Secret.
public enum SuppliedCA: CaseIterable, Sendable {
  /// A merge patch, which leaves the other fields unchanged.
  case mergePatch
  /// A server-side apply, after which another tool owns the fields.
  case apply
  /// A replace, which removes everything else, annotations included.
  case replace

  /// The request that writes `certificate` and `key`, as PEM, to the existing Secret.
  public func request(certificate: SecretBytes, key: SecretBytes, into signer: DynamicObject) -> KubeRequest {
    let target = ObjectKey(Secret.type, namespace: signer.metadata.namespace, name: signer.metadata.name)
    let data: JSONValue = [
      "ca.crt": .secret(SecretBytes(utf8: Base64.encode(certificate.exposed()))),
      "ca.key": .secret(SecretBytes(utf8: Base64.encode(key.exposed()))),
    ]
    let options = WriteOptions(fieldManager: "kubectl")
    switch self {
    case .mergePatch: return .mergePatch(target, ["data": data], options: options)
    case .apply:
      return .apply(
        target,
        [
          "apiVersion": "v1", "kind": "Secret", "metadata": ["name": .string(target.name)], "data": data,
        ], fieldManager: "gitops", force: true)
    case .replace:
      var secret = signer.json
      secret["data"] = data
      secret.set(nil, at: ["metadata", "annotations"])
      return .replace(target, with: secret, options: options)
    }
  }
}
