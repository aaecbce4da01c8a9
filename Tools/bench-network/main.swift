import Foundation
import KubeConfig
import KubeHTTP
import KubeTransport

// bench-network serve FILE              an API server in memory, behind TLS; FILE is where its kubeconfig goes
// bench-network KUBECONFIG [WORD…]      measures against that server, or any other: applies, list, watch

let arguments = Array(CommandLine.arguments.dropFirst())
guard let first = arguments.first else {
  print("usage: bench-network serve KUBECONFIG | bench-network KUBECONFIG [applies] [list] [watch]")
  exit(2)
}
if first == "serve", arguments.count == 2 {
  try await serve(kubeconfig: arguments[1])
} else {
  let configuration = try Kubeconfig.load(path: first).clientConfiguration()
  let words = arguments.dropFirst().isEmpty ? ["list", "watch", "applies"] : Array(arguments.dropFirst())
  let transport = try await HTTPTransport(configuration)
  let client = KubeClient(transport, fieldManager: "bench")
  // The list comes first: what it needs at its peak is the process's own peak then.
  if words.contains("list") || words.contains("watch") { try await Secrets.create(client) }
  if words.contains("list") { try await Secrets.measureList(client) }
  if words.contains("watch") { try await Secrets.measureWatch(client) }
  if words.contains("applies") { try await measureApplies(configuration, transport) }
  await transport.shutdown()
}

/// A figure, written at once so that a long run can be followed.
func report(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }

/// The CPU time of the process, in seconds.
func processTime() -> Double { Double(clock()) / Double(CLOCKS_PER_SEC) }

/// The wall time and the CPU time of `body`, in seconds.
func measure(_ body: () async throws -> Void) async rethrows -> (wall: Double, core: Double) {
  let (start, core) = (ContinuousClock.now, processTime())
  try await body()
  return (start.duration(to: .now) / .seconds(1), processTime() - core)
}
