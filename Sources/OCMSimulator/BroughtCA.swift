public import KubeCore
import KubeKindsCore
public import KubeTransport

/// The ways in which a person puts a CA of their own into the signer Secret.
public enum BroughtCA: CaseIterable, Sendable {
  /// The rest of the Secret stays.
  case mergePatch
  /// Another tool owns the fields from here on.
  case apply
  /// Whatever else was in the Secret is gone, annotations included.
  case replace

  /// The request that puts `certificate` and `key`, as PEM, into the Secret that is there.
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
