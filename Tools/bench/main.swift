import Foundation

// bench [--runs N] [--json FILE] [--plot FILE] [WORD…]: runs the groups whose names contain one of the words, all without any.
// bench --kernel NAME: runs a kernel, whose instructions Scripts/count-instructions counts.

var words: [String] = []
var runs = 7
var output: String?
var plot: String?
var kernel: Kernel?
var arguments = CommandLine.arguments.dropFirst()
while let argument = arguments.popFirst() {
  switch argument {
  case "--runs": runs = arguments.popFirst().flatMap { Int($0) }.map { max($0, 1) } ?? runs
  case "--json": output = arguments.popFirst()
  case "--plot": plot = arguments.popFirst()
  case "--kernel": kernel = arguments.popFirst().flatMap { Kernel(rawValue: $0) }
  default: words.append(argument)
  }
}

if let kernel {
  try run(kernel)
  exit(0)
}

let harness = Harness(words: words, runs: runs)
FileHandle.standardOutput.write(
  Data("| what | median | best | unit | target |\n|---|---|---|---|---|\n".utf8))
if harness.isWanted("json") { try await measureJSON(harness) }
if harness.isWanted("watch") { try await measureWatch(harness) }
if harness.isWanted("yaml") { try await measureYAML(harness) }
if harness.isWanted("memory") { try await measureMemory(harness) }
if harness.isWanted("pki") { try await measurePKI(harness) }
if harness.isWanted("runtime") { try await measureRuntime(harness) }
if harness.isWanted("reconcile") { try await measureReconcile(harness) }

if let output {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
  try encoder.encode(harness.measurements).write(to: URL(fileURLWithPath: output))
}
if let plot { try Plot(harness.measurements).svg.write(toFile: plot, atomically: true, encoding: .utf8) }
