import Foundation
import KubeCore
import KubeYAML

/// The files of this repository that tests compare with the program.
enum Repository {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent()
    .deletingLastPathComponent()

  /// The text of a file, by its path from the repository's root.
  static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
  }

  /// The objects in a YAML file.
  static func objects(_ path: String) throws -> [DynamicObject] {
    try YAMLReader().objects(Array(text(path).utf8), file: path).map(\.object)
  }

  /// The objects in YAML text.
  static func parse(_ text: String) throws -> [DynamicObject] {
    try YAMLReader().objects(Array(text.utf8)).map(\.object)
  }

  /// The paths of README.md and of the documents.
  static func documents() throws -> [String] {
    let names = try FileManager.default.contentsOfDirectory(atPath: root.appendingPathComponent("docs").path)
    return ["README.md"] + names.filter { $0.hasSuffix(".md") }.sorted().map { "docs/" + $0 }
  }

  /// The Swift sources below a folder, by path from the root.
  static func sources(_ folder: String) throws -> [String: String] {
    var sources: [String: String] = [:]
    for path in try FileManager.default.subpathsOfDirectory(atPath: root.appendingPathComponent(folder).path)
    where path.hasSuffix(".swift") {
      sources["\(folder)/\(path)"] = try text("\(folder)/\(path)")
    }
    return sources
  }
}
