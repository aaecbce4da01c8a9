import Foundation
import KubeCore
import KubeSchemas
import KubeYAML

/// The generated files of this repository.
struct Repository {
  let root: URL

  /// The CustomResourceDefinitions and the folders and modules of their types.
  private static let customResources = [
    (
      source: "Sources/GatewayAPI/Configuration/ClusterGatewayConfiguration.yaml",
      folder: "Sources/GatewayAPI/Generated/Configuration", module: "GatewayAPI"
    ),
    (
      source: "Examples/website-operator/website.yaml", folder: "Examples/website-operator/Website/Generated",
      module: "Website"
    ),
    // A definition with everything that is hard to express in Swift, for the tests.
    (
      source: "Tests/KubeKindsTests/awkward.yaml", folder: "Tests/KubeKindsTests/Generated",
      module: "KubeKindsTests"
    ),
  ]

  /// The files by path.
  func files() throws -> [String: String] {
    var files = try kubernetesFiles().merging(openClusterManagementFiles()) { $1 }
    for resource in Repository.customResources {
      let text = try text(resource.source)
      let made = try CustomResourceFiles(text, source: resource.source, module: resource.module)
      for (name, text) in made.files { files["\(resource.folder)/\(name)"] = text }
    }
    return files
  }

  /// The folders of the files and of obsolete ones.
  var tree: SourceTree {
    let all = ["Sources", "Tests"].flatMap { parent in
      let names = try? FileManager.default.contentsOfDirectory(atPath: root.appending(path: parent).path)
      return (names ?? []).filter { $0.hasPrefix("KubeKinds") || $0.hasPrefix("KubeSchemas") }.map {
        parent + "/" + $0
      }
    }
    return SourceTree(
      root, folders: all + ["Sources/GatewayAPI/Generated/OCM"] + Repository.customResources.map(\.folder))
  }

  private func kubernetesFiles() throws -> [String: String] {
    let source = "Tools/generate-kinds/Kubernetes.schema"
    let text = try text(source)
    let model = try KindModel(SchemaDocument(text), text: text, source: source)
    var files = Generator(model).files
    files["Sources/KubeSchemas/KubernetesSchema+Text.swift"] = model.literal(of: text, in: "KubernetesSchema")
    files["Tests/KubeKindsTests/AllKinds.swift"] = model.listOfKinds
    return files
  }

  private func openClusterManagementFiles() throws -> [String: String] {
    let source = "Tools/generate-kinds/OpenClusterManagement.schema"
    let text = try text(source)
    let document = SchemaDocument(customResources: text, base: KubernetesSchema.document)
    let model = try KindModel(document, text: text, source: source, base: KubernetesSchema.document)
    var files = Generator(model) { "Sources/\($0)/Generated/OCM" }.files
    files["Sources/GatewayAPI/Generated/OCM/OpenClusterManagementSchema+Text.swift"] = model.literal(
      of: text, in: "OpenClusterManagementSchema")
    return files
  }

  private func text(_ path: String) throws -> String {
    try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }
}

/// The files of one custom resource, by name.
struct CustomResourceFiles {
  let files: [String: String]

  /// Generates the files for the CustomResourceDefinition in `text`, as YAML from the file
  /// `source`.
  init(_ text: String, source: String, module: String) throws {
    let documents = try YAMLReader().documents(Array(text.utf8), file: source)
    guard documents.count == 1, let definition = documents.first?.value else {
      throw KindModel.Problem(description: "\(source): expected one document, found \(documents.count)")
    }
    var reader = try CustomResourceReader(definition, source: source, module: module)
    let model = try reader.model()
    var files = reader.enumerationFiles(model)
    for (path, text) in Generator(model, folder: { _ in "" }).files { files[String(path.dropFirst())] = text }
    let definitionFile = reader.definitionFile
    files[definitionFile.name] = definitionFile.text
    self.files = files
  }
}
