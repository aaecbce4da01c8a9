import Foundation
import KubeCore

// Generates typed kinds. In this repository: all of them, from the schema files and the
// CustomResourceDefinitions; with `--check` it writes nothing and fails where a file differs from
// the generated one. For others: those of one CustomResourceDefinition.

let usage = """
  usage: generate-kinds --crd FILE --output DIRECTORY   the Swift types of a CustomResourceDefinition in YAML
         generate-kinds [--check] REPOSITORY            all that is generated in this repository

  """

/// The text of a file; stops the program where it can't be read.
func text(of file: URL) -> String {
  guard FileManager.default.fileExists(atPath: file.path) else {
    fail("error: there is no file \(file.relativePath)\n", code: 1)
  }
  guard let text = try? String(contentsOf: file, encoding: .utf8) else {
    fail("error: \(file.relativePath) can't be read: expected a file in UTF-8\n", code: 1)
  }
  return text
}

func fail(_ text: String, code: Int32) -> Never {
  FileHandle.standardError.write(Data(text.utf8))
  exit(code)
}

var arguments = Array(CommandLine.arguments.dropFirst())
do {
  if arguments.count == 4, arguments[0] == "--crd", arguments[2] == "--output" {
    let source = URL(fileURLWithPath: arguments[1])
    let files = try CustomResourceFiles(text(of: source), source: source.lastPathComponent, module: "").files
    try SourceTree(
      URL(fileURLWithPath: arguments[3], isDirectory: true), folders: [""], source: source.lastPathComponent
    ).write(files)
    exit(0)
  }
  let isCheck = arguments.first == "--check"
  if isCheck { arguments.removeFirst() }
  guard arguments.count == 1, let path = arguments.first, !path.hasPrefix("-") else { fail(usage, code: 64) }
  let repository = Repository(root: URL(fileURLWithPath: path, isDirectory: true))
  let files = try repository.files()
  guard isCheck else {
    try repository.tree.write(files)
    exit(0)
  }
  let differences = try repository.tree.differences(from: files)
  if !differences.isEmpty {
    fail(differences.map { "\($0) isn't what is generated\n" }.joined(), code: 1)
  }
} catch {
  fail("error: \(error)\n", code: 1)
}
