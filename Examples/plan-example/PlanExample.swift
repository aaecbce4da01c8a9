// What an embedder of the pure products writes: no API server, no OpenSSL, no I/O.
import CertificatePolicy
import GatewayAPI
import GatewayReconcile
import KubeCore
import KubeReconcile

@main
struct PlanExample {
  static func main() throws {
    // A hub as values: an add-on, its configuration, one managed cluster.
    var addOn = ClusterManagementAddOn(metadata: ObjectMeta(name: "cluster-gateway"))
    addOn.metadata.uid = "d50b21dc-4a06-4da1-b421-cd17d4c648cb"

    let configuration = ClusterGatewayConfiguration(
      metadata: ObjectMeta(name: "cluster-gateway"),
      spec: .init(
        egress: .init(type: .direct), image: "oamdev/cluster-gateway:v1.9.1",
        installNamespace: "vela-system", secretNamespace: "open-cluster-management-credentials"))

    var cluster = ManagedCluster(metadata: ObjectMeta(name: "cluster1"))
    cluster.spec.hubAcceptsClient = true
    cluster.spec.managedClusterClientConfigs = [
      ManagedClusterClientConfig(url: "https://cluster1.example:6443")
    ]

    let documents = [addOn.json, configuration.json, cluster.json]
    let objects = ObservedObjects(try documents.map { json throws(FieldError) in try DynamicObject(json) })

    // The pure function: observed state in, a list of object patches out.
    let plan = reconcile(HubState(objects: objects), at: Date(timeIntervalSince1970: 1_800_000_000))

    for patch in plan.patches { print(patch.operationName, patch.target, "-", patch.reason) }
    for request in plan.issuanceRequests { print("issue", request.id, "-", request.reason) }
    for finding in plan.findings { print(finding) }
  }
}
