import GatewayAPI
import GatewayReconcile
import KubeCore
import KubeKindsCore
import KubeMemory
import KubeReconcile
import KubeTesting
import KubeTransport
import OCMSimulator

/// The manager's rights in a scenario: those that the table of managed objects needs, and no
/// others.
extension Scenario {
  /// The user who makes the manager's requests.
  static let managerUser = APIUser.serviceAccount(
    namespace: OCMHub.addOnNamespace, name: ManagerIdentity.fieldManager)

  /// Grants the rights that the manager needs for `spec` and for the objects of `leaving`, the
  /// configuration before. Earlier grants stay.
  static func grantRights(
    for spec: ClusterGatewayConfiguration.Spec, leaving: ClusterGatewayConfiguration.Spec? = nil,
    on server: inout MemoryAPIServer, at time: Date
  ) throws {
    let spec = spec.defaulted()
    var former = FormerPlaces()
    if let leaving = leaving?.defaulted() {
      former.installNamespaces = [leaving.installNamespace]
      former.secretNamespaces = [leaving.secretNamespace]
      former.accounts = [leaving.managedServiceAccountName]
      if let credentials = leaving.clusterProxy?.credentials {
        former.copies[leaving.installNamespace] = [
          credentials.proxyClientSecretName, credentials.proxyClientCASecretName,
        ]
      }
    }
    let table = GatewayTable(configuration: spec, former: former)
    let account = ObjectKey(
      ServiceAccount.type, namespace: OCMHub.addOnNamespace, name: ManagerIdentity.fieldManager)
    let options = WriteOptions(fieldManager: "kubectl")
    for object in table.rights.roles(named: ManagerIdentity.fieldManager, for: account) {
      let key = ObjectKey(
        type(of: object).type, namespace: object.metadata.namespace, name: object.metadata.name)
      guard let observed = server.object(key) else {
        try server.require(.create(key, object.json, options: options), at: time)
        continue
      }
      let rules = object.json["rules"]?.array ?? []
      let before = observed.json["rules"]?.array ?? []
      let missing = rules.filter { !before.contains($0) }
      guard !missing.isEmpty else { continue }
      try server.require(
        .mergePatch(key, ["rules": .array(before + missing)], options: options), at: time)
    }
  }
}
