import KubeCore
import KubeYAML

/// The output of an exec credential plugin: the `status` of an `ExecCredential`.
struct ExecCredential: Sendable, Hashable {
  /// A bearer token.
  var token: SecretBytes?
  /// A client certificate, PEM.
  var certificate: SecretBytes?
  /// The client certificate's key, PEM.
  var key: SecretBytes?
  /// The time when the plugin must run again; `nil` for never.
  var expiration: Date?

  /// Parses a plugin's standard output, JSON or YAML; errors contain only names and types from it.
  init(_ output: [UInt8], of plugin: ExecPlugin) throws(ConfigurationError) {
    func failure(_ problem: String) -> ConfigurationError {
      ConfigurationError(
        .execPluginFailed, at: plugin.origin,
        problem: "the plugin \"\(plugin.command)\" printed no usable ExecCredential: \(problem)",
        remedy: "run the plugin by hand, or update it")
    }
    let document: JSONValue
    let limits = YAMLReader.Limits(
      bytes: ExecPluginRunner.maximumOutputBytes, depth: 32, nodes: 10_000, aliases: 0)
    let documents = (try? YAMLReader(limits: limits).documents(output))?.map(\.value).filter { !$0.isNull }
    if let first = documents?.first, documents?.count == 1, first.object != nil {
      document = first
    } else {
      do {
        document = try JSONParser(maximumDepth: 32, maximumBytes: ExecPluginRunner.maximumOutputBytes)
          .parse(output)
      } catch {
        throw failure("not JSON (line \(error.line), column \(error.column)), nor an object in YAML")
      }
    }
    let root = FieldReader(document)
    do {
      guard try root["kind"].string() == "ExecCredential" else { throw failure("kind is not ExecCredential") }
      guard try root["apiVersion"].string() == plugin.apiVersion.rawValue else {
        throw failure("apiVersion is not \(plugin.apiVersion.rawValue), which the kubeconfig asks for")
      }
      let status = root["status"]
      guard status.isPresent else { throw failure("status is missing") }
      func text(_ name: String) throws(FieldError) -> SecretBytes? {
        guard status[name].isPresent else { return nil }
        guard let text = status[name].value?.string else {
          throw FieldError(path: status[name].path, problem: "is not a string")
        }
        return text.isEmpty ? nil : SecretBytes(utf8: text)
      }
      token = try text("token")
      certificate = try text("clientCertificateData")
      key = try text("clientKeyData")
      expiration = try status["expirationTimestamp"].optional(Timestamp.self)?.date
    } catch let error as FieldError {
      throw failure("\(error.path) \(error.problem)")
    } catch let error as ConfigurationError {
      throw error
    } catch {
      throw failure("unreadable")
    }
    if (certificate == nil) != (key == nil) {
      throw failure("clientCertificateData and clientKeyData go together, and one is missing")
    }
    if token == nil && certificate == nil { throw failure("status holds neither a token nor a certificate") }
  }
}

extension ExecPlugin {
  /// The value of `KUBERNETES_EXEC_INFO`: an `ExecCredential` with the request to the plugin. It
  /// contains the cluster where the plugin requires it; `caBundle` are the PEM bytes that the
  /// server is verified against.
  func execInfo(_ configuration: ClientConfiguration, caBundle: [UInt8]?) -> String {
    var spec: JSONValue = ["interactive": false]
    if let clusterInfo {
      spec["cluster"] = .fields([
        "server": .string(configuration.server.description),
        "tls-server-name": configuration.serverName.map { .string($0) },
        "insecure-skip-tls-verify": configuration.trust == .insecureSkipVerification ? true : nil,
        "certificate-authority-data": caBundle.map { .string(Base64.encode($0)) },
        "proxy-url": configuration.proxy.map { .string($0.description) },
        "config": clusterInfo.config,
      ])
    }
    let document = JSONValue.fields([
      "kind": "ExecCredential", "apiVersion": .string(apiVersion.rawValue), "spec": spec,
    ])
    // The kubeconfig's settings of the cluster are meant for the plugin.
    return JSONWriter(style: .compact, secrets: .revealed).text(document)
  }
}
