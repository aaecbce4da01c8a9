import GatewayAPI
import GatewayReconcile
import KubeCore
import KubeKindsAPIRegistration
import KubeKindsApps
import KubeKindsCore
import KubeKindsRBAC
import KubeReconcile
import OCMSimulator

extension World {
  /// The objects of the Go manager: each with one entry of `addon-manager`, without ManifestWork
  /// and conditions.
  package mutating func installAsGoManager(_ setup: Setup, clusters: [String]) {
    for name in [setup.installNamespace, setup.secretNamespace] { makeNamespace(name) }
    guard
      let owner = owner(
        ClusterManagementAddOn.type, name: "cluster-gateway",
        apiVersion: "addon.open-cluster-management.io/v1alpha1")
    else { return }
    let ca = SimulatedPKI.line(
      serial: "go-ca", issuer: "go-ca", from: now - 86_400, to: now + 3_649 * 86_400, isCA: true)
    let service = "cluster-gateway.\(setup.installNamespace)"
    let leaf = SimulatedPKI.line(
      serial: "go-leaf", issuer: "go-ca", names: ["cluster-gateway", service, "\(service).svc"],
      from: now - 86_400,
      to: now + 179 * 86_400, isCA: false)
    func go(_ document: JSONValue, _ world: inout World) {
      guard let key = World.key(of: document), world.read(key) == nil else { return }
      world.put(document, as: "addon-manager")
    }
    go(
      Document.secret(
        namespace: identity.namespace, name: identity.signerSecretName,
        ["ca.crt": ca, "ca.key": "\(SimulatedPKI.keyMark)|go-ca"]), &self)
    go(
      Document.secret(
        namespace: setup.installNamespace, name: "cluster-gateway-tls-cert", type: "kubernetes.io/tls",
        ["tls.crt": leaf + ca, "tls.key": "\(SimulatedPKI.keyMark)|go-leaf"]), &self)
    if setup.egress == "ClusterProxy" {
      for name in [setup.caSecret, setup.clientSecret] where setup.proxyNamespace != setup.installNamespace {
        guard let source = object(Secret.type, namespace: setup.proxyNamespace, name: name) else { continue }
        var copy = Document.make(Secret.type, namespace: setup.installNamespace, name: name)
        copy["type"] = source["type"]
        copy["data"] = (try? DynamicObject(source))?.json["data"]
        go(copy, &self)
      }
    }
    let subjects: JSONValue = [
      ["kind": "ServiceAccount", "name": "cluster-gateway", "namespace": .string(setup.installNamespace)]
    ]
    func role(_ kind: String, _ name: String) -> JSONValue {
      ["apiGroup": "rbac.authorization.k8s.io", "kind": .string(kind), "name": .string(name)]
    }
    func reading(_ group: String, _ resources: String...) -> JSONValue {
      [
        "apiGroups": [.string(group)], "resources": .array(resources.map { .string($0) }),
        "verbs": ["get", "list", "watch"],
      ]
    }
    go(
      Document.make(
        ServiceAccount.type, namespace: setup.installNamespace, name: "cluster-gateway", owner: owner), &self)
    go(
      Document.make(
        Service.type, namespace: setup.installNamespace, name: "cluster-gateway", owner: owner,
        [
          "spec": [
            "selector": ["proxy.open-cluster-management.io/addon-name": "cluster-gateway"],
            "ports": [["name": "https", "port": 9443]],
          ]
        ]), &self)
    go(
      Document.make(
        RoleBinding.type, namespace: "kube-system",
        name: "extension-apiserver-authentication-reader:cluster-gateway",
        owner: owner,
        ["subjects": subjects, "roleRef": role("Role", "extension-apiserver-authentication-reader")]), &self)
    go(
      Document.make(
        Role.type, namespace: setup.secretNamespace, name: "cluster-gateway", owner: owner,
        [
          "rules": [
            ["apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list", "watch", "update"]]
          ]
        ]), &self)
    go(
      Document.make(
        RoleBinding.type, namespace: setup.secretNamespace, name: "cluster-gateway", owner: owner,
        ["subjects": subjects, "roleRef": role("Role", "cluster-gateway")]), &self)
    go(
      Document.make(
        ClusterRole.type, name: "apiserver-aggregation:cluster-gateway", owner: owner,
        [
          "rules": [
            reading("cluster.open-cluster-management.io", "managedclusters"), reading("", "namespaces"),
          ]
        ]), &self)
    go(
      Document.make(
        ClusterRoleBinding.type, name: "apiserver-aggregation:cluster-gateway", owner: owner,
        ["subjects": subjects, "roleRef": role("ClusterRole", "apiserver-aggregation:cluster-gateway")]),
      &self)
    go(goDeployment(setup, owner: owner), &self)
    step(.rollout)
    go(
      Document.make(
        APIService.type, name: "v1alpha1.cluster.core.oam.dev", owner: owner,
        [
          "spec": [
            "group": "cluster.core.oam.dev", "version": "v1alpha1", "groupPriorityMinimum": 5000,
            "versionPriority": 10,
            "caBundle": .string(Document.base64(ca)),
            "service": [
              "namespace": .string(setup.installNamespace), "name": "cluster-gateway", "port": 9443,
            ],
          ]
        ]), &self)
    step(.aggregation)
    for name in clusters {
      go(
        Document.make(
          ManagedClusterAddOn.type, namespace: name, name: "cluster-gateway",
          annotations: [OCMAnnotations.installNamespace: "open-cluster-management-cluster-gateway"]), &self)
      guard
        let addOn = self.owner(
          ManagedClusterAddOn.type, namespace: name, name: "cluster-gateway",
          apiVersion: "addon.open-cluster-management.io/v1alpha1")
      else { continue }
      go(
        Document.make(
          ManagedServiceAccount.type, namespace: name, name: setup.account, owner: addOn,
          ["spec": ["rotation": ["enabled": true, "validity": "4320h0m0s"]]]), &self)
    }
    step(.addOnManager)
    step(.tokens)
    for name in clusters {
      guard let data = objects.value(Secret.self, namespace: name, name: setup.account)?.data,
        let token = data["token"]?.exposedText(), let ca = data["ca.crt"]?.exposedText()
      else { continue }
      go(
        Document.secret(
          namespace: setup.secretNamespace, name: name,
          labels: [
            GatewayLabels.credentialType: "ServiceAccountToken",
            GatewayLabels.endpointType: setup.egress == "ClusterProxy" ? "ClusterProxy" : "Const",
          ], owner: owner, ["token": token, "ca.crt": ca]), &self)
    }
  }

  private func goDeployment(_ setup: Setup, owner: OwnerReference) -> JSONValue {
    var arguments: [JSONValue] = [
      "--secure-port=9443", .string("--secret-namespace=\(setup.secretNamespace)"), "--ocm-integration=true",
      "--tls-cert-file=/etc/server/tls.crt", "--tls-private-key-file=/etc/server/tls.key",
      "--feature-gates=HealthinessCheck=true,SecretCache=true",
    ]
    var volumes: [JSONValue] = [["name": "server", "secret": ["secretName": "cluster-gateway-tls-cert"]]]
    var mounts: [JSONValue] = [["name": "server", "mountPath": "/etc/server/", "readOnly": true]]
    if setup.egress == "ClusterProxy" {
      arguments += [
        "--proxy-host=proxy-entrypoint.open-cluster-management-addon", "--proxy-port=8090",
        "--proxy-ca-cert=/etc/ca/ca.crt", "--proxy-cert=/etc/tls/tls.crt", "--proxy-key=/etc/tls/tls.key",
      ]
      volumes += [
        ["name": "proxy-client-ca", "secret": ["secretName": .string(setup.caSecret)]],
        ["name": "proxy-client", "secret": ["secretName": .string(setup.clientSecret)]],
      ]
      mounts += [
        ["name": "proxy-client-ca", "mountPath": "/etc/ca/"],
        ["name": "proxy-client", "mountPath": "/etc/tls/"],
      ]
    }
    let container: JSONValue = [
      "name": "apiserver", "image": "oamdev/cluster-gateway:v1.1.11", "imagePullPolicy": "IfNotPresent",
      "args": .array(arguments), "volumeMounts": .array(mounts),
      "resources": [
        "requests": ["cpu": "100m", "memory": "200Mi"], "limits": ["cpu": "500m", "memory": "600Mi"],
      ],
    ]
    let label: JSONValue = ["proxy.open-cluster-management.io/addon-name": "cluster-gateway"]
    return Document.make(
      Deployment.type, namespace: setup.installNamespace, name: "gateway-deployment",
      labels: ["proxy.open-cluster-management.io/configuration-generation": "1"], owner: owner,
      [
        "spec": [
          "replicas": 3, "selector": ["matchLabels": label],
          "strategy": ["type": "RollingUpdate", "rollingUpdate": ["maxUnavailable": 1, "maxSurge": 1]],
          "template": [
            "metadata": ["labels": label],
            "spec": [
              "serviceAccount": "cluster-gateway", "serviceAccountName": "cluster-gateway",
              "containers": [container], "volumes": .array(volumes),
            ],
          ],
        ]
      ])
  }
}
