import Foundation
import KubeSchemas

// Writes the modules of typed kinds and the literal that KubeSchemas reads from the one file of facts.
// `--check` writes nothing and fails where a file isn't what would be written.

let arguments = Array(CommandLine.arguments.dropFirst())
guard let root = arguments.first(where: { !$0.hasPrefix("--") }) else {
  FileHandle.standardError.write(Data("usage: generate-kinds [--check] DIRECTORY\n".utf8))
  exit(64)
}
let directory = URL(fileURLWithPath: root, isDirectory: true)
let schema = directory.appending(path: "Tools/generate-kinds/Kubernetes.schema")
do {
  let text = try String(contentsOf: schema, encoding: .utf8)
  let files = try Generator(text).files()
  let tree = SourceTree(directory)
  if arguments.contains("--check") {
    let differences = try tree.differences(from: files)
    for path in differences { FileHandle.standardError.write(Data("\(path) isn't what is generated\n".utf8)) }
    exit(differences.isEmpty ? 0 : 1)
  }
  try tree.write(files)
} catch {
  FileHandle.standardError.write(Data("error: \(error)\n".utf8))
  exit(1)
}
