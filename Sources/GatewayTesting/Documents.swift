import CertificatePolicy
import GatewayAPI
import GatewayReconcile
package import KubeCore
import KubeKindsCore
import OCMSimulator

/// A hub's configuration, as a test needs it.
package struct Setup: Hashable {
  package init(egress: String = "ClusterProxy") { self.egress = egress }

  package var image = "oamdev/cluster-gateway:v1.1.11"
  package var installNamespace = "vela-system"
  package var secretNamespace = "open-cluster-management-credentials"
  package var egress: String
  package var proxyNamespace = "open-cluster-management-addon"
  package var caSecret = "proxy-server-ca"
  package var clientSecret = "proxy-client"
  package var secretManagement = "ManagedServiceAccount"
  package var account = "cluster-gateway"
  package var replicas: Int64?
  package var selector: JSONValue?
  package var force = false
  package var certificates: JSONValue?
  package var permissions: JSONValue?

  package var spec: JSONValue {
    .fields([
      "image": .string(image),
      "installNamespace": .string(installNamespace), "secretNamespace": .string(secretNamespace),
      "replicas": replicas.map { .integer($0) },
      "secretManagement": .fields([
        "type": .string(secretManagement),
        "managedServiceAccount": ["name": .string(account)],
      ]),
      "egress": .fields([
        "type": .string(egress),
        "clusterProxy": egress == "ClusterProxy"
          ? [
            "proxyServerHost": "proxy-entrypoint.open-cluster-management-addon", "proxyServerPort": 8090,
            "credentials": [
              "namespace": .string(proxyNamespace), "proxyClientSecretName": .string(clientSecret),
              "proxyClientCASecretName": .string(caSecret),
            ],
          ] : JSONValue?.none,
        "permissions": permissions,
      ]),
      "clusters": selector.map { ["selector": $0] },
      "certificates": certificates,
      "ownership": force ? ["force": true] : JSONValue?.none,
    ])
  }
}

/// Documents of the objects around the manager.
package enum Document {
  package static func make(
    _ type: ResourceType, namespace: String? = nil, name: String, labels: [String: String] = [:],
    annotations: [String: String] = [:], owner: OwnerReference? = nil,
    _ fields: KeyValuePairs<String, JSONValue?> = [:]
  ) -> JSONValue {
    var document = JSONValue.fields(fields)
    document["apiVersion"] = .string(type.apiVersion)
    document["kind"] = .string(type.kind)
    document["metadata"] =
      ObjectMeta(
        name: name, namespace: namespace, labels: labels, annotations: annotations,
        ownerReferences: owner.map { [$0] } ?? []
      ).json
    return document
  }

  package static func secret(
    namespace: String, name: String, labels: [String: String] = [:], owner: OwnerReference? = nil,
    type: String = "Opaque", _ data: [String: String]
  ) -> JSONValue {
    make(
      Secret.type, namespace: namespace, name: name, labels: labels, owner: owner,
      [
        "type": .string(type),
        "data": .object(
          JSONObject(data.sorted { $0.key < $1.key }.map { ($0.key, .string(base64($0.value))) })),
      ])
  }

  package static func base64(_ text: String) -> String { Data(text.utf8).base64EncodedString() }

  package static func addOn(isDefault: Bool = true, strategy: String = "Manual") -> JSONValue {
    make(
      ClusterManagementAddOn.type, name: "cluster-gateway",
      [
        "spec": .fields([
          "installStrategy": ["type": .string(strategy)],
          "defaultConfigs": isDefault
            ? [
              [
                "group": "proxy.open-cluster-management.io", "resource": "clustergatewayconfigurations",
                "name": "cluster-gateway",
              ]
            ] : JSONValue?.none,
        ])
      ])
  }

  package static func configuration(_ setup: Setup) -> JSONValue {
    make(ClusterGatewayConfiguration.type, name: "cluster-gateway", ["spec": setup.spec])
  }

  package static func cluster(
    _ name: String, accepted: Bool = true, available: String? = "True", url: Bool = true,
    labels: [String: String] = [:], annotations: [String: String] = [:]
  ) -> JSONValue {
    make(
      ManagedCluster.type, name: name, labels: labels, annotations: annotations,
      [
        "spec": .fields([
          "hubAcceptsClient": .bool(accepted),
          "managedClusterClientConfigs": url
            ? [["url": .string("https://\(name):6443"), "caBundle": "Y2E="]] : JSONValue?.none,
        ]),
        "status": available.map { ["conditions": [condition("ManagedClusterConditionAvailable", $0)]] },
      ])
  }

  package static func condition(_ type: String, _ status: String, generation: Int64? = nil) -> JSONValue {
    .fields([
      "type": .string(type), "status": .string(status), "reason": "Test", "message": "",
      "lastTransitionTime": "2026-11-22T17:00:00Z", "observedGeneration": generation.map { .integer($0) },
    ])
  }
}

extension World {
  package mutating func makeNamespace(_ name: String) {
    if object(Namespace.type, name: name) == nil { put(Document.make(Namespace.type, name: name)) }
  }

  /// A hub with the add-on, its configuration and the proxy's credentials, but without the
  /// manager's objects.
  package mutating func prepare(_ setup: Setup, isDefault: Bool = true, strategy: String = "Manual") {
    makeNamespace(identity.namespace)
    put(Document.addOn(isDefault: isDefault, strategy: strategy))
    configure(setup)
    provideCredentials(setup)
  }

  package mutating func provideCredentials(_ setup: Setup) {
    makeNamespace(setup.proxyNamespace)
    put(
      Document.secret(
        namespace: setup.proxyNamespace, name: setup.caSecret, ["ca.crt": "the tunnel's CA"]))
    put(
      Document.secret(
        namespace: setup.proxyNamespace, name: setup.clientSecret,
        ["ca.crt": "the tunnel's CA", "tls.crt": "the client", "tls.key": "MARKER-proxy-client-key"]))
  }

  /// Replaces the proxy's client certificate (`tls.crt`) or its CA (`ca.crt`) with one that can't
  /// be loaded.
  package mutating func breakCredential(_ field: String, _ setup: Setup) {
    put(
      Document.secret(
        namespace: setup.proxyNamespace, name: field == "ca.crt" ? setup.caSecret : setup.clientSecret,
        [field: SimulatedPKI.broken, "tls.key": "MARKER-proxy-client-key"]))
  }

  package var signerKey: ObjectKey {
    ObjectKey(Secret.type, namespace: identity.namespace, name: identity.signerSecretName)
  }

  /// Writes another CA to the signer Secret as a person.
  package mutating func replaceSigner(serial: String, keyMatches: Bool) {
    let line = SimulatedPKI.line(
      serial: serial, issuer: serial, from: now - 3600, to: now + 3_650 * 86_400, isCA: true)
    let key = "\(SimulatedPKI.keyMark)|\(keyMatches ? serial : "else")"
    if read(signerKey) == nil {
      put(
        Document.secret(
          namespace: identity.namespace, name: identity.signerSecretName, ["ca.crt": line, "ca.key": key]))
    } else {
      merge(
        signerKey,
        ["data": ["ca.crt": .string(Document.base64(line)), "ca.key": .string(Document.base64(key))]])
    }
  }

  package mutating func configure(_ setup: Setup) { put(Document.configuration(setup)) }

  package mutating func join(_ document: JSONValue) {
    makeNamespace(document.value(at: "metadata", "name")?.string ?? "")
    put(document, as: "registration")
  }

  package mutating func join(_ name: String) { join(Document.cluster(name)) }

  /// The reference to an existing object.
  package func owner(
    _ type: ResourceType, namespace: String? = nil, name: String, apiVersion: String? = nil,
    controller: Bool? = nil
  )
    -> OwnerReference?
  {
    guard let uid = object(type, namespace: namespace, name: name)?.value(at: "metadata", "uid")?.string
    else { return nil }
    return OwnerReference(
      apiVersion: apiVersion ?? type.apiVersion, kind: type.kind, name: name, uid: uid,
      controller: controller,
      blockOwnerDeletion: controller)
  }
}
