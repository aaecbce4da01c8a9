import Foundation
import KubeCore
import NIOCore
import NIOSSL
import Testing

@testable import KubeServer

/// The reading of certificate and key.
@Suite struct ServingCertificateTests {
  /// The code that reading these files fails with; `nil` where it doesn't.
  private func failure(chain: String, key: SecretBytes) throws -> ServingCertificate.Failure? {
    let volume = try SecretVolume()
    try volume.replace(chain: chain, key: key)
    do throws(ServingCertificate.Failure) {
      _ = try ServingCertificate(directory: volume.path)
      return nil
    } catch {
      #expect(error.origin.hasPrefix(volume.path + "/tls."))
      #expect(!"\(error)".contains("BEGIN"))
      return error
    }
  }

  @Test func `what is no pair is refused with the file`() throws {
    let (one, other) = (try TestCertificate(), try TestCertificate())
    #expect(try failure(chain: one.chain, key: one.key) == nil)
    #expect(try failure(chain: one.chain, key: other.key)?.code == .mismatch)
    #expect(try failure(chain: "", key: one.key)?.code == .invalidCertificate)
    #expect(try failure(chain: "no PEM", key: one.key)?.code == .invalidCertificate)
    #expect(try failure(chain: one.chain, key: SecretBytes(utf8: "no PEM"))?.code == .invalidKey)
    #expect(try failure(chain: one.chain, key: SecretBytes(utf8: one.chain))?.code == .invalidKey)
    #expect(
      try failure(chain: one.chain, key: SecretBytes(repeatElement(UInt8(ascii: "a"), count: 2 << 20)))?.code
        == .unreadableFile)
  }

  @Test func `a folder without the files is refused`() {
    #expect {
      try ServingCertificate(directory: "/nowhere")
    } throws: { error in
      guard let failure = error as? ServingCertificate.Failure else { return false }
      return failure.code == .unreadableFile && failure.origin == "/nowhere/tls.crt"
    }
  }

  @Test func `the former pair is kept until there is a whole new one`() throws {
    let (former, next) = (try TestCertificate(), try TestCertificate())
    let volume = try SecretVolume()
    try volume.replace(former)
    let certificate = try ServingCertificate(directory: volume.path)
    #expect(try certificate.reload() == false)
    try volume.replace(chain: next.chain, key: former.key)
    #expect(throws: ServingCertificate.Failure.self) { try certificate.reload() }
    try volume.replace(former)
    #expect(try certificate.reload() == false)
    try volume.replace(next)
    #expect(try certificate.reload() == true)
    #expect(try certificate.reload() == false)
  }

  @Test func `a pair that isn't in files doesn't change`() throws {
    #expect(try TestCertificate().serving().reload() == false)
  }

  /// NIOSSL's default of five seconds would delay the end of a server.
  @Test func `a closing connection waits less than a second for its client`() throws {
    let configuration = try TestCertificate().serving().context.configuration
    #expect(configuration.shutdownTimeout < .seconds(1))
  }
}
