import GatewayAPI
import GatewayTesting
import KubeCore
import KubeKindsAPIRegistration
import KubeKindsApps
import KubeKindsCore
import KubeReconcile
import Testing

let setup = Setup()
let account = "cluster-gateway"
let cluster = ObjectKey(ManagedCluster.type, name: "one")
let token = ObjectKey(Secret.type, namespace: "one", name: account)
let addOn = ObjectKey(ManagedClusterAddOn.type, namespace: "one", name: "cluster-gateway")

/// A converged hub with these clusters.
func runningWorld(_ setup: Setup = setup, clusters: [String] = ["one"]) -> World {
  var world = World()
  world.prepare(setup)
  for name in clusters { world.join(name) }
  let hasConverged = world.converge()
  #expect(hasConverged)
  return world
}

/// A hub as the Go manager leaves it.
func goWorld() -> World {
  var world = World()
  world.prepare(setup, isDefault: false)
  world.join("one")
  world.join("two")
  world.installAsGoManager(setup, clusters: ["one", "two"])
  return world
}

func converge(_ world: inout World) -> Bool { world.converge() }
func convergeManager(_ world: inout World) -> Bool { world.convergeManager() != nil }

extension World {
  var codes: Set<Finding.Code> { Set(plan.findings.map(\.code)) }

  func condition(_ type: String, of cluster: String) -> JSONValue? {
    object(ManagedClusterAddOn.type, namespace: cluster, name: "cluster-gateway")?.value(
      at: "status", "conditions")?.array?
      .first { $0["type"]?.string == type }
  }

  /// The condition that reports the rotation.
  var rotating: JSONValue? {
    object(ClusterGatewayConfiguration.type, name: "cluster-gateway")?.value(at: "status", "conditions")?
      .array?
      .first { $0["type"] == "CertificatesRotating" }
  }

  static func arguments(_ deployment: JSONValue?) -> [String] {
    (deployment?.value(at: "spec", "template", "spec", "containers")?.array ?? []).flatMap {
      ($0["args"]?.array ?? []).compactMap(\.string)
    }
  }

  /// The Deployment behind the APIService.
  var servingDeployment: JSONValue? {
    guard
      let namespace = object(APIService.type, name: "v1alpha1.cluster.core.oam.dev")?
        .value(at: "spec", "service", "namespace")?.string
    else { return nil }
    return object(Deployment.type, namespace: namespace, name: "gateway-deployment")
  }

  var template: JSONValue? { servingDeployment?.value(at: "spec", "template") }

  func gatewaySecret(_ cluster: String) -> Secret? {
    objects.value(Secret.self, namespace: setup.secretNamespace, name: cluster)
  }

  func credential(_ namespace: String = setup.secretNamespace, _ name: String = "one")
    -> JSONValue?
  {
    object(Secret.type, namespace: namespace, name: name)
  }

  func findings(_ code: Finding.Code) -> [Finding] { plan.findings.filter { $0.code == code } }

  /// The token that the agent of cluster one reports.
  mutating func report(_ text: String) {
    merge(token, ["data": ["token": .string(Document.base64(text))]], as: "msa")
  }

  static func jsonWebToken(_ claims: JSONValue) -> String {
    func encode(_ value: JSONValue) -> String {
      Document.base64(JSONWriter().text(value)).replacing("=", with: "").replacing("+", with: "-")
        .replacing("/", with: "_")
    }
    return "\(encode(["alg": "RS256"])).\(encode(claims)).c2lnbmF0dXJl"
  }
}
