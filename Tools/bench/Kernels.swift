import BenchDocuments
import CertificatePolicy
import Foundation
import GatewayManager
import GatewayPKI
import GatewayReconcile
import KubeCore
import KubeMemory
import KubeReconcile
import KubeTransport

/// A computation whose instructions are counted, on one thread and on the same data each time.
enum Kernel: String, CaseIterable {
  /// A list of Secrets is parsed.
  case json
  /// The events of a watch are decoded.
  case watch
  /// An in-memory server applies changes.
  case memory
  /// Converged clusters are planned.
  case plan
  /// Events of clusters are inserted into the manager's cache.
  case event
  /// Chains of certificates are decoded.
  case certificates

  /// Prepares the computation.
  @MainActor
  func prepared() throws -> () throws -> Void {
    let now = Date(timeIntervalSince1970: 1_796_083_200)
    switch self {
    case .json:
      let list = Documents.secretList(500)
      return { consume(try JSONParser().parse(list)) }
    case .watch:
      let line = JSONWriter(secrets: .revealed).bytes(["type": "MODIFIED", "object": Documents.secret(1)])
      let chunk = line + [UInt8(ascii: "\n")]
      return {
        var decoder = WatchDecoder()
        for _ in 0..<500 { consume(try decoder.push(chunk)) }
      }
    case .memory:
      let type = ResourceType(
        group: "", version: "v1", kind: "ConfigMap", plural: "configmaps", isNamespaced: true)
      let requests = ["one", "two"].flatMap { text in
        (0..<200).map { number in
          KubeRequest.apply(
            ObjectKey(type, namespace: "default", name: "object-\(number)"),
            Documents.configMap(number, text), fieldManager: "bench", force: true)
        }
      }
      return {
        var server = MemoryAPIServer(at: now)
        for request in requests { consume(server.handle(request, at: now)) }
      }
    case .plan:
      let clusters = try Hub(clusters: 5).model.hub.clusters
      return {
        for _ in 0..<40 { for cluster in clusters { consume(reconcileCluster(cluster, at: Hub.now)) } }
      }
    case .event:
      var model = try Hub(clusters: 5).model
      let objects = model.hub.clusters.flatMap(\.objects.everything)
      return {
        for _ in 0..<20 { for object in objects { consume(model.insert(model.transform(object))) } }
      }
    case .certificates:
      let root = try CertificateAuthority.create(
        CertificateProfile.ca(commonName: "bench").request(id: "ca", at: now, reason: "bench"))
      let chain = SecretBytes(utf8: root.certificatePEM + root.certificatePEM)
      return { for _ in 0..<100 { consume(try Certificate.chain(pem: chain)) } }
    }
  }
}

/// Runs `kernel`; Scripts/count-instructions counts the instructions within this function.
@inline(never)
@MainActor
private func countedKernel(_ kernel: () throws -> Void) throws { try kernel() }

/// Runs a kernel once for what is set up on first use, and then counted.
@MainActor
func run(_ kernel: Kernel) throws {
  let prepared = try kernel.prepared()
  try prepared()
  try countedKernel(prepared)
}
