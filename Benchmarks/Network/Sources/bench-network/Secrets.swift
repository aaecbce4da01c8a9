import Foundation
import HTTPTypes
import KubeCore
import KubeTransport

/// A namespace with 10,000 Secrets of about 4 KB, listed and watched.
enum Secrets {
  static let namespace = "bench-secrets"
  static let count = 10_000
  static let selection = ResourceSelection(Secret.type, namespace: namespace)

  /// Creates those that aren't there.
  static func create(_ client: KubeClient) async throws {
    let key = ObjectKey(Namespace.type, name: namespace)
    if try await client.findDynamic(key) == nil {
      _ = try await client.createDynamic(
        key, ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(namespace)]])
    }
    let names = try await client.listDynamic(
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
            _ = try await client.createDynamic(
              ObjectKey(Secret.type, namespace: namespace, name: missing[index]), secret)
          }
        }
      }
      try await group.waitForAll()
    }
  }

  static func measureList(_ client: KubeClient) async throws {
    let request = KubeRequest.list(selection)
    let megabytes = Double(try await client.bytes(request).count) / 1e6
    for (name, pageSize) in [("pages of 500", 500), ("one piece", count + 1)] {
      var client = client
      client.limits.pageSize = pageSize
      var rates: [Double] = []
      var core: [Double] = []
      var peaks: [Double] = []
      for round in 0..<6 {
        let before = try memory("VmRSS", resettingPeak: true)
        let times = try await measure {
          let list = try await client.list(Secret.self, namespace: namespace)
          guard list.items.count == count else { throw Refused() }
        }
        guard round > 0 else { continue }
        rates.append(megabytes / times.wall)
        core.append(megabytes / times.core)
        peaks.append(try memory("VmHWM") - before)
      }
      report(
        String(
          format: "List of %d Secrets, %.1f MB of JSON, over TLS in %@: %.0f MB/s on a core of the client's "
            + "(best %.0f), %.0f MB/s by the clock; %.0f MB of memory at the peak beyond what was in use; "
            + "the process's peak %.0f MB",
          count, megabytes, name, core.sorted()[core.count / 2], core.max() ?? 0,
          rates.sorted()[rates.count / 2], peaks.max() ?? 0, try memory("VmHWM")))
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

  /// A field of `/proc/self/status`, in MB.
  private static func memory(_ field: String, resettingPeak: Bool = false) throws -> Double {
    if resettingPeak {
      // What was freed goes back to the system first, so that it doesn't hide a peak.
      malloc_trim(0)
      try Data("5".utf8).write(to: URL(fileURLWithPath: "/proc/self/clear_refs"))
    }
    let handle = FileHandle(forReadingAtPath: "/proc/self/status")
    let status = String(decoding: try handle?.read(upToCount: 1 << 16) ?? Data(), as: UTF8.self)
    let line = status.split(separator: "\n").first { $0.hasPrefix(field + ":") }
    return (line?.split(separator: " ").dropLast().last).flatMap { Double($0) }.map { $0 * 1024 / 1e6 } ?? 0
  }
}
