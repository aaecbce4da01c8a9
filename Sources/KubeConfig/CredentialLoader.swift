public import KubeCore
import KubeTransport

/// A provider of a configuration's current ``Credentials``: it reads files again when they change,
/// and runs the exec plugin again when its credential expires.
///
/// A file that can't be read the first time is an error. If a valid file can't be read later, or
/// holds no PEM, its last content stays in use until it can: it may be in the middle of a renewal.
/// Verification never becomes weaker.
public actor CredentialLoader {
  /// The maximum size of a credential's file in bytes.
  public static let maximumFileBytes = 1 << 20

  private let configuration: ClientConfiguration
  private let runner: ExecPluginRunner
  private let recheckInterval: Duration
  private let now: @Sendable () -> Date

  private var files: [String: CachedFile] = [:]
  private var latest: (credentials: Credentials, at: Date)?
  private var exec: (credential: ExecCredential, at: Date)?
  private var execRun: Task<ExecCredential, any Error>?

  private struct CachedFile {
    var bytes: SecretBytes
    var fingerprint: FileFingerprint
    var readAt: Date
  }

  /// Creates a loader for `configuration`.
  ///
  /// - Parameters:
  ///   - configuration: The settings that name the credentials.
  ///   - environment: The environment that an exec plugin inherits.
  ///   - recheckInterval: The time after which files are checked again.
  ///   - execTimeout: The maximum run time of an exec plugin.
  ///   - now: The clock.
  public init(
    _ configuration: ClientConfiguration, environment: HostEnvironment = .process,
    recheckInterval: Duration = .seconds(10), execTimeout: Duration = .seconds(60),
    now: @escaping @Sendable () -> Date = { Date() }
  ) {
    self.configuration = configuration
    self.recheckInterval = recheckInterval
    self.now = now
    runner = ExecPluginRunner(environment: environment, timeout: execTimeout)
  }

  /// The current credentials. Throws ``ConfigurationError`` where they aren't available, and
  /// `CancellationError`.
  public func credentials() async throws -> Credentials {
    let time = now()
    if let latest, time >= latest.at, !execIsDue(time),
      time.timeIntervalSince(latest.at) < recheckInterval / .seconds(1)
    {
      return latest.credentials
    }
    var credentials = Credentials(tls: TLSMaterial(trust: .system))
    switch configuration.trust {
    case .system: break
    case .insecureSkipVerification: credentials.tls.trust = .insecureSkipVerification
    case .caBundle(let source):
      credentials.tls.trust = .caBundle(
        try read(source, as: .caBundle, at: time).exposed())
    }
    if let identity = configuration.identity {
      credentials.tls.certificate = try read(identity.certificate, as: .certificate, at: time).exposed()
      credentials.tls.key = try read(identity.key, as: .key, at: time)
    }
    switch configuration.authentication {
    case .none: break
    case .bearer(let source):
      credentials.authorization = try read(source, as: .token, at: time)
    case .basic(let user, let password):
      credentials.authorization = SecretBytes(
        utf8: "Basic " + Base64.encode(Array((user + ":").utf8) + password.exposed()))
    case .exec(let plugin):
      let credential = try await execCredential(plugin, credentials.tls, at: time)
      if let token = credential.token {
        credentials.authorization = try Self.bearer(token, at: plugin.origin)
      }
      if let certificate = credential.certificate, let key = credential.key {
        credentials.tls.certificate = try Self.checked(certificate, as: .certificate, at: plugin.origin)
          .exposed()
        credentials.tls.key = try Self.checked(key, as: .key, at: plugin.origin)
      }
    }
    latest = (credentials, time)
    return credentials
  }

  /// Records that the server refused `credentials` (401): the next call checks the files and runs
  /// the plugin again, but the plugin at most once per ten seconds.
  public func refused(_ credentials: Credentials) {
    guard let latest, latest.credentials == credentials else { return }
    self.latest = nil
    if let exec, now().timeIntervalSince(exec.at) >= 10 { self.exec = nil }
  }

  // MARK: Files

  private enum Role {
    case caBundle, certificate, key, token

    var words: String {
      switch self {
      case .caBundle: "the certificate authority"
      case .certificate: "the client certificate"
      case .key: "the client key"
      case .token: "the token"
      }
    }
  }

  private func read(_ source: CredentialSource, as role: Role, at time: Date) throws(ConfigurationError)
    -> SecretBytes
  {
    guard case .file(let path) = source.content else {
      guard case .inline(let bytes) = source.content else { return SecretBytes([]) }
      return try Self.checked(bytes, as: role, at: source.origin)
    }
    let cached = files[path]
    // A token is read at least once a minute, whatever its fingerprint.
    if let cached, cached.fingerprint == FileFingerprint(path: path),
      time.timeIntervalSince(cached.readAt) < 60
    {
      return cached.bytes
    }
    let origin = source.origin ?? FieldOrigin(file: path, path: FieldPath())
    do {
      let (buffer, fingerprint) = try BoundedFile.read(path, limit: Self.maximumFileBytes)
      let bytes = try Self.checked(SecretBytes(buffer.bytes), as: role, at: origin, path: path)
      files[path] = CachedFile(bytes: bytes, fingerprint: fingerprint, readAt: time)
      return bytes
    } catch let problem {
      if let cached { return cached.bytes }
      if let problem = problem as? ConfigurationError { throw problem }
      let words = (problem as? FileProblem)?.words ?? "unknown error"
      var error = ConfigurationError(
        .unreadableFile, at: source.origin, problem: "\(role.words) \(path) can't be read: \(words)",
        remedy: "name a file that exists and that this user may read")
      if source.origin == nil { error.file = configuration.origin }
      throw error
    }
  }

  /// The `bytes`, trimmed and for a token converted to a header, where they are valid for `role`.
  private static func checked(
    _ bytes: SecretBytes, as role: Role, at origin: FieldOrigin?, path: String? = nil
  ) throws(ConfigurationError) -> SecretBytes {
    let marker: String
    switch role {
    case .token: return try bearer(bytes, at: origin)
    case .caBundle, .certificate: marker = "-----BEGIN CERTIFICATE-----"
    case .key: marker = "PRIVATE KEY-----"
    }
    let holds = bytes.withExposedBytes { $0.firstRange(of: Array(marker.utf8)) != nil }
    guard holds else {
      throw ConfigurationError(
        .invalidField, at: origin,
        problem:
          "\(role.words)\(path.map { " \($0)" } ?? "") holds no PEM \(role == .key ? "private key" : "certificate")",
        remedy: "give it as PEM, beginning with \(role == .key ? "-----BEGIN PRIVATE KEY-----" : marker)")
    }
    return bytes
  }

  private static func bearer(_ token: SecretBytes, at origin: FieldOrigin?) throws(ConfigurationError)
    -> SecretBytes
  {
    var bytes = token.exposed()[...]
    let isSpace: (UInt8) -> Bool = { $0 == 0x20 || (0x09...0x0d).contains($0) }
    while let last = bytes.last, isSpace(last) { bytes.removeLast() }
    while let first = bytes.first, isSpace(first) { bytes.removeFirst() }
    guard !bytes.isEmpty else {
      throw ConfigurationError(
        .invalidField, at: origin, problem: "the token is empty", remedy: "give a token")
    }
    guard bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
      throw ConfigurationError(
        .invalidField, at: origin, problem: "the token holds a character that no HTTP header can carry",
        remedy: "give the token alone, on one line")
    }
    return SecretBytes(Array("Bearer ".utf8) + bytes)
  }

  // MARK: The exec plugin

  private func execIsDue(_ time: Date) -> Bool {
    guard case .exec = configuration.authentication else { return false }
    guard let exec else { return true }
    guard let expiration = exec.credential.expiration else { return false }
    // Renewed a little early, so that a token doesn't expire on its way; but a token with a shorter
    // life is used.
    if time >= expiration { return true }
    return expiration.timeIntervalSince(time) < 10 && time.timeIntervalSince(exec.at) >= 10
  }

  private func execCredential(_ plugin: ExecPlugin, _ tls: TLSMaterial, at time: Date) async throws
    -> ExecCredential
  {
    if let exec, !execIsDue(time) { return exec.credential }
    if let execRun { return try await execRun.valueOrCancellation() }
    var caBundle: [UInt8]?
    if case .caBundle(let bytes) = tls.trust { caBundle = bytes }
    let info = plugin.execInfo(configuration, caBundle: caBundle)
    // One run for all waiting callers; it continues when one of them is cancelled.
    let run = Task {
      defer { execRun = nil }
      let credential = try await runner.run(plugin, execInfo: info)
      exec = (credential, now())
      return credential
    }
    execRun = run
    return try await run.valueOrCancellation()
  }
}
