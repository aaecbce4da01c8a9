import KubeCore

/// The text form of a kubeconfig: one YAML document, which may be JSON.
enum KubeconfigSyntax {
  static func parse(_ bytes: some Collection<UInt8> & Sendable, file: String) throws(ConfigurationError)
    -> JSONValue
  {
    guard bytes.count <= Kubeconfig.maximumBytes else {
      throw ConfigurationError(
        .unreadableFile, file: file, problem: "is larger than \(Kubeconfig.maximumBytes) bytes")
    }
    do {
      return try JSONParser(maximumDepth: 64, maximumBytes: Kubeconfig.maximumBytes).parse(bytes)
    } catch {
      throw ConfigurationError(
        .malformedDocument, file: file, problem: "\(error)", remedy: "give a kubeconfig in YAML or JSON")
    }
  }
}
