import DequeModule
import Foundation
import GatewayAPI
import HTTPTypes
import KubeCore
import KubeMemory
import KubeTransport
import Synchronization

/// A transport that answers for the gateway, and records when each cluster is probed.
final class ProbedGateway: Transport {
  private let base: InMemoryCluster
  private let hanging: Set<String>
  private let record = Mutex(Record())

  private struct Record {
    var last: [String: ContinuousClock.Instant] = [:]
    var recent = Deque<ContinuousClock.Instant>()
    var probes = 0
    var most = 0
    var longest = Duration.zero
  }

  init(_ base: InMemoryCluster, hanging: Set<String>) {
    self.base = base
    self.hanging = hanging
  }

  var text: String {
    record.withLock { record in
      record.probes == 0
        ? ""
        : String(
          format:
            "; %d probes, %d in the last second and at most %d, longest time between two of a cluster that answers %.1f s",
          record.probes, record.recent.count, record.most, record.longest / .seconds(1))
    }
  }

  func send(_ request: KubeRequest) async throws -> KubeResponse {
    let type = ClusterGateway.type
    let collection = ["apis", type.group, type.version, type.plural]
    guard request.path.starts(with: collection) else { return try await base.send(request) }
    let rest = request.path.dropFirst(collection.count)
    guard let cluster = rest.first else {
      let list = #"{"apiVersion":"\#(type.apiVersion)","kind":"\#(type.kind)List","metadata":{},"items":[]}"#
      return KubeResponse(status: .ok, body: ResponseBody(Array(list.utf8)))
    }
    note(cluster)
    if hanging.contains(cluster) { try await Task.sleep(for: .seconds(3_600)) }
    return KubeResponse(status: .ok, body: ResponseBody(Array("ok".utf8)))
  }

  private func note(_ cluster: String) {
    record.withLock { record in
      let now = ContinuousClock.now
      record.probes += 1
      record.recent.append(now)
      while let first = record.recent.first, now - first > .seconds(1) { record.recent.removeFirst() }
      record.most = max(record.most, record.recent.count)
      if let last = record.last.updateValue(now, forKey: cluster), !hanging.contains(cluster) {
        record.longest = max(record.longest, now - last)
      }
    }
  }
}
