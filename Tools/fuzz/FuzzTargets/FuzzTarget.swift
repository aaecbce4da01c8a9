import CertificatePolicy
import GatewayPKI
import KubeConfig
import KubeCore
import KubeKindsApps
import KubeKindsCore
import KubeTransport
import KubeYAML

/// A fuzzed parser: it takes any bytes, and traps if a guarantee about the parsed value is broken.
public enum FuzzTarget: String, CaseIterable, Sendable {
  case json, yaml, kubeconfig, watch, status, pem, certificate, key, request

  /// Runs the target on `bytes`.
  public func run(_ bytes: [UInt8]) {
    switch self {
    case .json: FuzzTarget.json(bytes)
    case .yaml: FuzzTarget.yaml(bytes)
    case .kubeconfig: FuzzTarget.kubeconfig(bytes)
    case .watch: FuzzTarget.watch(bytes)
    case .status: FuzzTarget.status(bytes)
    case .pem: FuzzTarget.pem(bytes)
    case .certificate: FuzzTarget.certificate(bytes)
    case .key: FuzzTarget.key(bytes)
    case .request: FuzzTarget.request(bytes)
    }
  }

  /// Checks that a parsed document is equal after writing and parsing it again, in each style, and
  /// that an object's typed reading doesn't trap.
  private static func json(_ bytes: [UInt8]) {
    guard let value = try? JSONParser().parse(bytes) else { return }
    for style in [JSONWriter.Style.compact, .pretty, .goCompatible] {
      let again = try? JSONParser().parse(JSONWriter(style: style).bytes(value))
      precondition(again == value, "reads differently when written")
    }
    guard let object = try? DynamicObject(value) else { return }
    _ = "\(object.json)"
    _ = try? object.managedFields()
    _ = try? object.decode(Secret.self).json
    _ = try? object.decode(Deployment.self).json
  }

  /// Checks that a parsed document is equal after writing and parsing it again.
  private static func yaml(_ bytes: [UInt8]) {
    _ = try? YAMLReader().objects(bytes)
    guard let documents = try? YAMLReader().documents(bytes) else { return }
    for document in documents {
      let text = YAMLWriter().text(document.value)
      let again = try? YAMLReader().documents(Array(text.utf8))
      precondition(again?.map(\.value) == [document.value], "reads differently when written")
    }
  }

  /// Checks that every context of a kubeconfig becomes a configuration or an error.
  private static func kubeconfig(_ bytes: [UInt8]) {
    guard let kubeconfig = try? Kubeconfig(bytes, file: "/nowhere/config") else { return }
    for name in kubeconfig.contexts.keys.sorted().prefix(20) {
      _ = try? kubeconfig.clientConfiguration(context: name, environment: HostEnvironment())
    }
    _ = try? kubeconfig.clientConfiguration(environment: HostEnvironment())
  }

  /// Checks that the events are the same however the stream is split: here at a position given by
  /// its first byte.
  private static func watch(_ bytes: [UInt8]) {
    func events(_ chunks: [[UInt8]]) -> [WatchEvent]? {
      var decoder = WatchDecoder(maximumFrameBytes: 1 << 16)
      var events: [WatchEvent] = []
      do {
        for chunk in chunks { events += try decoder.push(chunk) }
      } catch {
        return nil
      }
      if let last = decoder.finish() { events.append(last) }
      return events
    }
    let size = Int(bytes.first ?? 0) + 1
    let rest = Array(bytes.dropFirst())
    let chunks = stride(from: 0, to: rest.count, by: size).map {
      Array(rest[$0..<min($0 + size, rest.count)])
    }
    precondition(events([rest]) == events(chunks), "other events when cut otherwise")
  }

  /// Checks that a parsed `Status` is equal after writing and parsing it again; empty parts count
  /// as absent.
  private static func status(_ bytes: [UInt8]) {
    guard let json = try? JSONParser().parse(bytes), let status = try? Status(from: FieldReader(json)) else {
      return
    }
    let again = try? Status(from: FieldReader(status.json))
    precondition(again?.json == status.json, "reads differently when written")
  }

  /// Parses certificates and keys in PEM, as a Secret contains them.
  private static func pem(_ bytes: [UInt8]) {
    let text = SecretBytes(bytes)
    _ = try? Certificate.chain(pem: text)
    _ = TrustBundle(pem: text).pem
    _ = try? CertificateSigningRequest(pem: String(decoding: bytes, as: UTF8.self))
    _ = KeyPairReader.observe(certificatePEM: text, keyPEM: text, caCertificates: [CertificateFacts]())
    key(bytes)
  }

  /// Checks that a certificate in DER is equal after writing it as PEM.
  private static func certificate(_ bytes: [UInt8]) {
    guard let certificate = try? Certificate(der: bytes) else { return }
    _ = certificate.isSigned(by: certificate)
    let again = try? Certificate.first(pem: certificate.pem)
    precondition(again?.facts == certificate.facts, "reads differently when written")
  }

  /// Parses a key in PEM, and as DER between the lines of PEM.
  private static func key(_ bytes: [UInt8]) {
    for text in [SecretBytes(bytes)]
      + ["PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY"].map({ armored($0, bytes) })
    {
      guard let key = try? PrivateKey(pem: text) else { continue }
      guard let written = try? key.pem() else { continue }
      let again = try? PrivateKey(pem: written)
      precondition(again?.publicKeyFingerprint == key.publicKeyFingerprint, "reads differently when written")
    }
  }

  /// Checks that a signing request in DER is equal after writing it as PEM.
  private static func request(_ bytes: [UInt8]) {
    guard let request = try? CertificateSigningRequest(der: bytes) else { return }
    let again = try? CertificateSigningRequest(pem: request.pem)
    precondition(again == request, "reads differently when written")
    _ = request.profile(purpose: .serving, validity: .seconds(3600))
  }

  private static func armored(_ label: String, _ der: [UInt8]) -> SecretBytes {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var text = Array("-----BEGIN \(label)-----\n".utf8)
    for start in stride(from: 0, to: der.count, by: 3) {
      let group = der[start..<min(start + 3, der.count)]
      let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
      for place in 0..<4 {
        text.append(place <= group.count ? alphabet[bits >> (18 - 6 * place) & 63] : UInt8(ascii: "="))
      }
    }
    return SecretBytes(text + Array("\n-----END \(label)-----\n".utf8))
  }
}
