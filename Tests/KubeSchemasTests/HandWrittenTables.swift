import KubeCore

/// Rules of built-in kinds, written by hand from Kubernetes' OpenAPI document: those that are
/// derived from the schema must include them.
enum HandWrittenTables {
  static let all: [GroupKind: FieldTable] = [
    GroupKind(group: "", kind: "Namespace"): FieldTable(
      ["status.conditions": .listMap(keys: ["type"])]),
    GroupKind(group: "", kind: "Secret"): FieldTable(
      [
        "data": .map, "stringData": .map, "type": .default("Opaque"),
        "type": .immutable,
      ]),
    GroupKind(group: "", kind: "ConfigMap"): FieldTable(
      ["data": .map, "binaryData": .map]),
    GroupKind(group: "", kind: "Service"): service,
    GroupKind(group: "", kind: "ServiceAccount"): FieldTable(
      ["secrets": .listMap(keys: ["name"]), "secrets[]": .atomicObject]),
    GroupKind(group: "", kind: "Pod"): pod,
    GroupKind(group: "", kind: "Event"): FieldTable(
      [
        "involvedObject": .atomicObject, "related": .atomicObject, "count": .omittedWhenZero,
        "eventTime": .timestamp, "firstTimestamp": .timestamp, "lastTimestamp": .timestamp,
        "series.lastObservedTime": .timestamp,
      ]),
    GroupKind(group: "events.k8s.io", kind: "Event"): FieldTable(
      [
        "regarding": .atomicObject, "related": .atomicObject, "deprecatedCount": .omittedWhenZero,
        "eventTime": .timestamp, "deprecatedFirstTimestamp": .timestamp,
        "deprecatedLastTimestamp": .timestamp, "series.lastObservedTime": .timestamp,
      ]),
    GroupKind(group: "apps", kind: "Deployment"): deployment,
    GroupKind(group: "rbac.authorization.k8s.io", kind: "Role"): FieldTable(),
    GroupKind(group: "rbac.authorization.k8s.io", kind: "ClusterRole"): FieldTable(),
    GroupKind(group: "rbac.authorization.k8s.io", kind: "RoleBinding"): binding,
    GroupKind(group: "rbac.authorization.k8s.io", kind: "ClusterRoleBinding"): binding,
    GroupKind(group: "apiregistration.k8s.io", kind: "APIService"): FieldTable(
      [
        "spec.service.port": .default(443), "spec.insecureSkipTLSVerify": .omittedWhenZero,
        "spec.group": .immutable, "spec.version": .immutable,
        "status.conditions": .listMap(keys: ["type"]),
        "status.conditions[].lastTransitionTime": .timestamp,
      ]),
    GroupKind(group: "apiextensions.k8s.io", kind: "CustomResourceDefinition"): FieldTable(
      [
        "spec.conversion": .default(["strategy": "None"]),
        "spec.preserveUnknownFields": .omittedWhenZero,
        "spec.group": .immutable, "spec.scope": .immutable, "spec.names.plural": .immutable,
        "spec.names.kind": .immutable,
        "spec.versions[].schema.openAPIV3Schema": .untyped,
        "status.conditions": .listMap(keys: ["type"]),
        "status.conditions[].lastTransitionTime": .timestamp,
      ]),
    GroupKind(group: "coordination.k8s.io", kind: "Lease"): FieldTable(
      ["spec.acquireTime": .timestamp, "spec.renewTime": .timestamp]),
    GroupKind(group: "discovery.k8s.io", kind: "EndpointSlice"): FieldTable(
      [
        "addressType": .immutable, "ports[].protocol": .default("TCP"), "ports[].name": .default(""),
        "endpoints[].targetRef": .atomicObject,
      ]),
  ]

  private static let service = FieldTable(
    [
      "spec.type": .default("ClusterIP"),
      "spec.sessionAffinity": .default("None"),
      "spec.internalTrafficPolicy": .defaultIf(
        sibling: "type", isOneOf: ["ClusterIP", "NodePort", "LoadBalancer"], "Cluster"),
      "spec.selector": .atomicObject,
      "spec.publishNotReadyAddresses": .omittedWhenZero,
      "spec.healthCheckNodePort": .omittedWhenZero,
      "spec.ports": .listMap(keys: ["port", "protocol"]),
      "spec.ports[].protocol": .default("TCP"),
      "spec.ports[].targetPort": .intOrString,
      "spec.ports[].targetPort": .defaultCopy(of: "port"),
      "spec.ports[].nodePort": .omittedWhenZero,
      "spec.clusterIP": .immutable,
      "status.conditions": .listMap(keys: ["type"]),
      "status.conditions[].lastTransitionTime": .timestamp,
    ])

  private static let binding = FieldTable(
    [
      "roleRef": .atomicObject,
      "roleRef": .immutable,
      "roleRef.apiGroup": .default("rbac.authorization.k8s.io"),
      "subjects[]": .atomicObject,
      "subjects[].apiGroup": .defaultIf(
        sibling: "kind", isOneOf: ["User", "Group"], "rbac.authorization.k8s.io"),
    ])

  private static let pod: FieldTable = {
    var table = FieldTable(
      [
        "status.conditions": .listMap(keys: ["type"]),
        "status.conditions[].lastTransitionTime": .timestamp,
        "status.podIPs": .listMap(keys: ["ip"]),
      ])
    add(podSpec, to: &table, at: "spec.")
    return table
  }()

  private static let deployment: FieldTable = {
    var table = FieldTable(
      [
        "spec.replicas": .default(1),
        "spec.minReadySeconds": .omittedWhenZero,
        "spec.paused": .omittedWhenZero,
        "spec.progressDeadlineSeconds": .default(600),
        "spec.revisionHistoryLimit": .default(10),
        "spec.selector": .atomicObject,
        "spec.selector": .immutable,
        "spec.strategy": .default([:]),
        "spec.strategy.type": .default("RollingUpdate"),
        "spec.strategy.rollingUpdate": .defaultIf(sibling: "type", isOneOf: ["RollingUpdate"], [:]),
        "spec.strategy.rollingUpdate.maxSurge": .default("25%"),
        "spec.strategy.rollingUpdate.maxSurge": .intOrString,
        "spec.strategy.rollingUpdate.maxUnavailable": .default("25%"),
        "spec.strategy.rollingUpdate.maxUnavailable": .intOrString,
        "spec.template.metadata.labels": .map,
        "spec.template.metadata.annotations": .map,
        "spec.template.metadata.finalizers": .set,
        "status.conditions": .listMap(keys: ["type"]),
        "status.conditions[].lastTransitionTime": .timestamp,
        "status.conditions[].lastUpdateTime": .timestamp,
      ])
    add(podSpec, to: &table, at: "spec.template.spec.")
    return table
  }()

  private static func add(_ rules: [(String, FieldTable.Rule)], to table: inout FieldTable, at place: String)
  {
    for (pattern, rule) in rules { table.add(rule, at: place + pattern) }
  }

  private static let podSpec: [(String, FieldTable.Rule)] = {
    var rules: [(String, FieldTable.Rule)] = [
      ("activeDeadlineSeconds", .omittedWhenZero),
      ("dnsPolicy", .default("ClusterFirst")),
      ("restartPolicy", .default("Always")),
      ("schedulerName", .default("default-scheduler")),
      ("securityContext", .default([:])),
      ("terminationGracePeriodSeconds", .default(30)),
      ("serviceAccount", .defaultCopy(of: "serviceAccountName")),
      ("hostNetwork", .omittedWhenZero),
      ("hostPID", .omittedWhenZero),
      ("hostIPC", .omittedWhenZero),
      ("nodeSelector", .atomicObject),
      ("overhead", .map),
      ("overhead{}", .quantity),
      ("imagePullSecrets", .listMap(keys: ["name"])),
      ("imagePullSecrets[]", .atomicObject),
      ("hostAliases", .listMap(keys: ["ip"])),
      ("topologySpreadConstraints", .listMap(keys: ["topologyKey", "whenUnsatisfiable"])),
      ("topologySpreadConstraints[].labelSelector", .atomicObject),
      ("schedulingGates", .listMap(keys: ["name"])),
      ("resourceClaims", .listMap(keys: ["name"])),
      ("affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution", .atomicObject),
      ("volumes", .listMap(keys: ["name"])),
      ("volumes[].secret.defaultMode", .default(420)),
      ("volumes[].configMap.defaultMode", .default(420)),
      ("volumes[].downwardAPI.defaultMode", .default(420)),
      ("volumes[].downwardAPI.items[].fieldRef.apiVersion", .default("v1")),
      ("volumes[].projected.defaultMode", .default(420)),
      ("volumes[].projected.sources[].serviceAccountToken.expirationSeconds", .default(3600)),
      ("volumes[].projected.sources[].downwardAPI.items[].fieldRef.apiVersion", .default("v1")),
      ("volumes[].emptyDir.sizeLimit", .quantity),
      ("volumes[].csi.nodePublishSecretRef", .atomicObject),
      ("volumes[].persistentVolumeClaim.readOnly", .omittedWhenZero),
    ]
    for containers in ["containers", "initContainers", "ephemeralContainers"] {
      rules.append((containers, .listMap(keys: ["name"])))
      rules += container.map { (containers + "[]." + $0.0, $0.1) }
    }
    return rules
  }()

  private static let container: [(String, FieldTable.Rule)] = {
    var rules: [(String, FieldTable.Rule)] = [
      ("imagePullPolicy", .defaultImagePullPolicy),
      ("terminationMessagePath", .default("/dev/termination-log")),
      ("terminationMessagePolicy", .default("File")),
      ("stdin", .omittedWhenZero),
      ("stdinOnce", .omittedWhenZero),
      ("tty", .omittedWhenZero),
      ("resources", .default([:])),
      ("resources.limits", .map),
      ("resources.limits{}", .quantity),
      ("resources.requests", .map),
      ("resources.requests{}", .quantity),
      ("resources.claims", .listMap(keys: ["name"])),
      ("ports", .listMap(keys: ["containerPort", "protocol"])),
      ("ports[].protocol", .default("TCP")),
      ("ports[].hostPort", .omittedWhenZero),
      ("env", .listMap(keys: ["name"])),
      ("env[].valueFrom.secretKeyRef", .atomicObject),
      ("env[].valueFrom.configMapKeyRef", .atomicObject),
      ("env[].valueFrom.fieldRef", .atomicObject),
      ("env[].valueFrom.fieldRef.apiVersion", .default("v1")),
      ("env[].valueFrom.resourceFieldRef", .atomicObject),
      ("env[].valueFrom.resourceFieldRef.divisor", .quantity),
      ("env[].valueFrom.resourceFieldRef.divisor", .default("0")),
      ("volumeMounts", .listMap(keys: ["mountPath"])),
      ("volumeMounts[].readOnly", .omittedWhenZero),
      ("volumeDevices", .listMap(keys: ["devicePath"])),
    ]
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
      rules += HandWrittenTables.probe.map { (probe + "." + $0.0, $0.1) }
    }
    for hook in ["lifecycle.postStart", "lifecycle.preStop"] {
      rules.append((hook + ".httpGet.scheme", .default("HTTP")))
      rules.append((hook + ".httpGet.path", .default("/")))
      rules.append((hook + ".httpGet.port", .intOrString))
    }
    return rules
  }()

  private static let probe: [(String, FieldTable.Rule)] = [
    ("failureThreshold", .default(3)),
    ("initialDelaySeconds", .omittedWhenZero),
    ("periodSeconds", .default(10)),
    ("successThreshold", .default(1)),
    ("timeoutSeconds", .default(1)),
    ("httpGet.path", .default("/")),
    ("httpGet.port", .intOrString),
    ("httpGet.scheme", .default("HTTP")),
    ("tcpSocket.port", .intOrString),
    ("grpc.service", .default("")),
  ]
}
