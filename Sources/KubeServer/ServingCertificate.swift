public import KubeCore
import Logging
import NIOCore
import NIOSSL
import Synchronization

/// The certificate and the key of a TLS server, which can be replaced while it serves.
///
/// Files are read again by ``reload()``, which a ``ProbeServer`` calls at intervals: those of
/// cert-manager and of Secret volumes are replaced by a symbolic link, so both files change at once
/// and neither is ever written in place. New connections get the new certificate.
public final class ServingCertificate: Sendable {
  /// The failure to use a certificate or its key; never contains their bytes.
  public struct Failure: Error, Hashable, CustomStringConvertible {
    /// The kind of failure.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
      /// The code's name.
      public let description: String

      private init(_ description: String) { self.description = description }

      /// A file is missing or can't be read.
      public static let unreadableFile = Code("unreadable file")
      /// The certificate chain isn't PEM with at least one certificate.
      public static let invalidCertificate = Code("invalid certificate")
      /// The key isn't an unencrypted PEM key.
      public static let invalidKey = Code("invalid key")
      /// The key isn't that of the first certificate.
      public static let mismatch = Code("mismatch")
    }

    /// The kind of failure.
    public let code: Code
    /// The origin, such as the file's path.
    public let origin: String
    /// The remedy, for people.
    public let remedy: String

    /// The origin, the failure and its remedy.
    public var description: String { "\(origin): \(code); \(remedy)" }
  }

  /// The name of the certificate chain's file, as in a Secret of type `kubernetes.io/tls`.
  public static let certificateFile = "tls.crt"
  /// The name of the key's file.
  public static let keyFile = "tls.key"
  /// The maximum size of a file in bytes.
  static let maximumBytes = 1 << 20

  private struct State {
    var chainPEM: [UInt8]
    var keyPEM: SecretBytes
    var context: NIOSSLContext
  }

  private let directory: String?
  private let state: Mutex<State>

  /// Creates a certificate from PEM text that doesn't change.
  ///
  /// - Parameters:
  ///   - chainPEM: The server's certificate, followed by its intermediates.
  ///   - keyPEM: The certificate's key.
  public init(chainPEM: String, keyPEM: SecretBytes) throws(Failure) {
    directory = nil
    state = Mutex(try Self.state(chainPEM: Array(chainPEM.utf8), keyPEM: keyPEM, in: nil))
  }

  /// Creates a certificate from the files `tls.crt` and `tls.key` in `directory`, and reads them.
  public init(directory: String) throws(Failure) {
    self.directory = directory
    state = Mutex(try Self.state(in: directory))
  }

  /// Reads the files again. Returns whether they had changed; if they can't be used, such as a new
  /// certificate whose key isn't there yet, throws and keeps the former ones.
  @discardableResult
  public func reload() throws(Failure) -> Bool {
    guard let directory else { return false }
    let (chainPEM, keyPEM) = try Self.read(directory)
    guard state.withLock({ $0.chainPEM != chainPEM || $0.keyPEM != keyPEM }) else { return false }
    let new = try Self.state(in: directory)
    state.withLock { $0 = new }
    return true
  }

  /// The context of new connections.
  var context: NIOSSLContext { state.withLock { $0.context } }

  /// Reads the files again every `interval` until the task is cancelled. A failure is logged once.
  func keepCurrent(every interval: Duration, logger: Logger) async {
    guard directory != nil else { return }
    var failure: Failure?
    while (try? await Task.sleep(for: interval)) != nil {
      do throws(Failure) {
        if try reload() { logger.info("The server's certificate was replaced.") }
        failure = nil
      } catch {
        if error != failure {
          logger.warning("The server's certificate can't be replaced, the former one is kept: \(error)")
        }
        failure = error
      }
    }
  }

  /// Returns what the files hold. A pair that doesn't match may have been replaced between the
  /// reads of its files, and is read once more.
  private static func state(in directory: String) throws(Failure) -> State {
    do {
      let (chainPEM, keyPEM) = try read(directory)
      return try state(chainPEM: chainPEM, keyPEM: keyPEM, in: directory)
    } catch {
      guard error.code == .mismatch else { throw error }
      let (chainPEM, keyPEM) = try read(directory)
      return try state(chainPEM: chainPEM, keyPEM: keyPEM, in: directory)
    }
  }

  private static func read(_ directory: String) throws(Failure) -> (chain: [UInt8], key: SecretBytes) {
    (
      Array(try content(directory + "/" + certificateFile)),
      SecretBytes(try content(directory + "/" + keyFile))
    )
  }

  private static func content(_ path: String) throws(Failure) -> Data {
    guard let data = FileManager.default.contents(atPath: path), data.count <= maximumBytes else {
      throw Failure(
        code: .unreadableFile, origin: path,
        remedy: "mount a Secret of type kubernetes.io/tls that the process may read")
    }
    return data
  }

  private static func state(
    chainPEM: [UInt8], keyPEM: SecretBytes, in directory: String?
  ) throws(Failure) -> State {
    func failure(_ code: Failure.Code, _ file: String, _ remedy: String) -> Failure {
      Failure(code: code, origin: directory.map { $0 + "/" + file } ?? file, remedy: remedy)
    }
    guard let chain = try? NIOSSLCertificate.fromPEMBytes(chainPEM), !chain.isEmpty else {
      throw failure(.invalidCertificate, certificateFile, "give the certificate and its intermediates in PEM")
    }
    guard let key = try? NIOSSLPrivateKey(bytes: keyPEM.exposed(), format: .pem) else {
      throw failure(.invalidKey, keyFile, "give the certificate's key in PEM, without a passphrase")
    }
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
    configuration.minimumTLSVersion = .tlsv12
    configuration.applicationProtocols = ["http/1.1"]
    // The maximum wait of a closing connection for a client that may be gone.
    configuration.shutdownTimeout = .milliseconds(500)
    guard let context = try? NIOSSLContext(configuration: configuration) else {
      throw failure(.mismatch, keyFile, "give the key of the first certificate in \(certificateFile)")
    }
    return State(chainPEM: chainPEM, keyPEM: keyPEM, context: context)
  }
}
