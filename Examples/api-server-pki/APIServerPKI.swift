// All certificates that a Kubernetes API server of one's own needs, for `Scripts/api-server --pki-command`.
import CertificatePolicy
import Foundation
import GatewayPKI
import KubeCore

@main
struct APIServerPKI {
  static func main() throws {
    guard CommandLine.arguments.count == 2 else {
      FileHandle.standardError.write(Data("usage: api-server-pki DIRECTORY\n".utf8))
      exit(2)
    }
    let directory = URL(fileURLWithPath: CommandLine.arguments[1], isDirectory: true)
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    let files = Files(directory: directory, now: Date())

    let ca = try files.makeCA("ca", commonName: "kubernetes-test")
    let frontProxy = try files.makeCA("front-proxy-ca", commonName: "front-proxy-test")

    let loopback = ["127.0.0.1"]
    try files.leaf(
      "apiserver",
      .serving(
        commonName: "kube-apiserver",
        dnsNames: ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"],
        // The second is the first address of the services' network of Scripts/api-server.
        ipAddresses: loopback + ["127.43.0.1"]),
      signedBy: ca)
    try files.leaf(
      "etcd",
      CertificateProfile(
        purpose: .peer, commonName: "etcd", dnsNames: ["localhost"], ipAddresses: loopback,
        validity: .seconds(3650 * 86_400)),
      signedBy: ca)
    try files.leaf("admin", .client(commonName: "admin", organization: "system:masters"), signedBy: ca)
    try files.leaf(
      "controller-manager", .client(commonName: "system:kube-controller-manager"), signedBy: ca)
    try files.leaf("front-proxy-client", .client(commonName: "front-proxy-client"), signedBy: frontProxy)

    let serviceAccounts = try PrivateKey.generate(.rsa2048)
    try files.write("service-account.key", serviceAccounts.pem())
    try files.write("service-account.pub", SecretBytes(utf8: serviceAccounts.publicKeyPEM))
  }
}

/// The directory that all is written to, readable by its owner only.
struct Files {
  var directory: URL
  var now: Date

  func makeCA(_ name: String, commonName: String) throws -> CertificateAuthority {
    let issued = try CertificateAuthority.create(
      CertificateProfile.ca(commonName: commonName).request(id: name, at: now, reason: "a new server"))
    try write("\(name).crt", SecretBytes(utf8: issued.certificatePEM))
    return try CertificateAuthority(issued)
  }

  func leaf(_ name: String, _ profile: CertificateProfile, signedBy ca: CertificateAuthority) throws {
    let issued = try ca.issue(
      profile.request(id: name, issuer: ca.certificate.facts, at: now, reason: "a new server"))
    try write("\(name).crt", SecretBytes(utf8: issued.certificatePEM))
    try write("\(name).key", issued.privateKeyPEM)
  }

  func write(_ name: String, _ content: SecretBytes) throws {
    let path = directory.appendingPathComponent(name).path
    let permissions: [FileAttributeKey: Any] = [.posixPermissions: 0o600]
    guard
      FileManager.default.createFile(atPath: path, contents: Data(content.exposed()), attributes: permissions)
    else {
      throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: path])
    }
  }
}
