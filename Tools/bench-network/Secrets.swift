import BenchDocuments
import Foundation
import HTTPTypes
import KubeCore
import KubeKindsCore
import KubeTransport

/// A namespace with 10,000 Secrets of about 4 KB, listed and watched.
enum Secrets {
  static let namespace = "bench-secrets"
  static let count = 10_000
  static let selection = ResourceSelection(Secret.type, namespace: namespace)

  /// Creates the missing Secrets.
  static func create(_ client: KubeClient) async throws {
    let key = ObjectKey(Namespace.type, name: namespace)
    if try await client.find(key) == nil {
      _ = try await client.create(
        key, ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(namespace)]])
    }
    let names = try await client.list(
      ResourceSelection(Secret.type, namespace: namespace, isMetadataOnly: true)
    ).items.map(\.metadata.name)
    let missing = Set((0..<count).map { "cluster-\($0)" }).subtracting(names).map { $0 }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for worker in 0..<16 {
        group.addTask {
          for index in stride(from: worker, to: missing.count, by: 16) {
            let number = Int(missing[index].dropFirst("cluster-".count)) ?? 0
            var secret = Documents.secret(number)
            for field in ["uid", "resourceVersion", "creationTimestamp", "managedFields", "ownerReferences"] {
              secret.set(nil, at: ["metadata", field])
            }
            secret.set(.string(namespace), at: ["metadata", "namespace"])
            _ = try await client.create(
              ObjectKey(Secret.type, namespace: namespace, name: missing[index]), secret)
          }
        }
      }
      try await group.waitForAll()
    }
  }

  static func measureList(_ client: KubeClient) async throws {
    var results: [(name: String, wall: [Double], core: [Double], peak: Double)] = []
    for (name, pageSize) in [("pages of 500", 500), ("one piece", count + 1)] {
      var client = client
      client.limits.pageSize = pageSize
      var (wall, core): ([Double], [Double]) = ([], [])
      for _ in 0..<5 {
        let times = try await measure {
          // Older servers put a token of the default ServiceAccount there as well.
          let list = try await client.list(Secret.self, namespace: namespace)
          guard list.items.count >= count else { throw Refused() }
        }
        wall.append(times.wall)
        core.append(times.core)
      }
      results.append((name, wall.sorted(), core.sorted(), peakMemory()))
    }
    // Only now: the whole text in memory would count for the peak.
    let megabytes = Double(try await client.bytes(.list(selection)).count) / 1e6
    for result in results {
      report(
        String(
          format: "List of %d Secrets, %.1f MB of JSON, over TLS in %@: %.0f MB/s on a core of the client's "
            + "(best %.0f), %.0f MB/s by the clock; peak memory of the process %.0f MB",
          count, megabytes, result.name, megabytes / result.core[2], megabytes / result.core[0],
          megabytes / result.wall[2], result.peak))
    }
  }

  static func measureWatch(_ client: KubeClient) async throws {
    var core: [Double] = []
    var rates: [Double] = []
    for round in 0..<6 {
      let times = try await measure {
        var seen = 0
        // Without a version the objects that there are come first, as events.
        for try await event in try await client.watch(selection, timeoutSeconds: 60) {
          if case .added = event { seen += 1 }
          if seen == count { break }
        }
        guard seen == count else { throw Refused() }
      }
      guard round > 0 else { continue }
      core.append(Double(count) / times.core)
      rates.append(Double(count) / times.wall)
    }
    report(
      String(
        format: "Watch of the same over TLS: %.0f events/s on a core of the client's (best %.0f), "
          + "%.0f events/s by the clock",
        core.sorted()[core.count / 2], core.max() ?? 0, rates.sorted()[rates.count / 2]))
  }

  /// The maximum memory of the process so far (`VmHWM` of `/proc/self/status`), in MB.
  private static func peakMemory() -> Double {
    let handle = FileHandle(forReadingAtPath: "/proc/self/status")
    let status = String(decoding: (try? handle?.read(upToCount: 1 << 16)) ?? Data(), as: UTF8.self)
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return (line?.split(whereSeparator: \.isWhitespace).dropLast().last).flatMap { Double($0) }.map {
      $0 * 1024 / 1e6
    } ?? 0
  }
}
