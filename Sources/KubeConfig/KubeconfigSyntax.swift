import KubeCore
import KubeYAML

/// The text form of a kubeconfig: one YAML document, which may be JSON.
enum KubeconfigSyntax {
  static func parse(_ bytes: some Collection<UInt8> & Sendable, file: String) throws(ConfigurationError)
    -> JSONValue
  {
    guard bytes.count <= Kubeconfig.maximumBytes else {
      throw ConfigurationError(
        .unreadableFile, file: file, problem: "is larger than \(Kubeconfig.maximumBytes) bytes")
    }
    let documents: [JSONValue]
    do {
      documents = try YAMLReader().documents(bytes, file: file).map(\.value).filter { !$0.isNull }
    } catch {
      throw ConfigurationError(
        .malformedDocument, file: file,
        problem: "line \(error.line), column \(error.column): \(error.problem)",
        remedy: error.remedy ?? "give a kubeconfig in YAML or JSON")
    }
    guard documents.count <= 1 else {
      throw ConfigurationError(
        .malformedDocument, file: file, problem: "holds \(documents.count) YAML documents",
        remedy: "give each its own file and list the files in KUBECONFIG")
    }
    // kubectl treats an empty file as an empty kubeconfig, as `touch` creates one.
    return documents.first ?? [:]
  }
}
