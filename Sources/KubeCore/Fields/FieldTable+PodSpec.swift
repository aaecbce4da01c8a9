extension FieldTable {
  /// The rules of a PodSpec (Kubernetes' OpenAPI document, core/v1), to be put below the field that holds
  /// one.
  static let podSpec: FieldTable = {
    var table = FieldTable(fragment: [
      "activeDeadlineSeconds": .omittedWhenZero,
      "dnsPolicy": .default("ClusterFirst"),
      "restartPolicy": .default("Always"),
      "schedulerName": .default("default-scheduler"),
      "securityContext": .default([:]),
      "terminationGracePeriodSeconds": .default(30),
      "serviceAccount": .defaultCopy(of: "serviceAccountName"),
      "hostNetwork": .omittedWhenZero,
      "hostPID": .omittedWhenZero,
      "hostIPC": .omittedWhenZero,
      "nodeSelector": .atomicObject,
      "overhead": .map,
      "overhead{}": .quantity,
      "imagePullSecrets": .listMap(keys: ["name"]),
      "imagePullSecrets[]": .atomicObject,
      "hostAliases": .listMap(keys: ["ip"]),
      "topologySpreadConstraints": .listMap(keys: ["topologyKey", "whenUnsatisfiable"]),
      "topologySpreadConstraints[].labelSelector": .atomicObject,
      "schedulingGates": .listMap(keys: ["name"]),
      "resourceClaims": .listMap(keys: ["name"]),
      "affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution": .atomicObject,
      "volumes": .listMap(keys: ["name"]),
      "volumes[].secret.defaultMode": .default(420),
      "volumes[].configMap.defaultMode": .default(420),
      "volumes[].downwardAPI.defaultMode": .default(420),
      "volumes[].downwardAPI.items[].fieldRef.apiVersion": .default("v1"),
      "volumes[].projected.defaultMode": .default(420),
      "volumes[].projected.sources[].serviceAccountToken.expirationSeconds": .default(3600),
      "volumes[].projected.sources[].downwardAPI.items[].fieldRef.apiVersion": .default("v1"),
      "volumes[].emptyDir.sizeLimit": .quantity,
      "volumes[].csi.nodePublishSecretRef": .atomicObject,
      "volumes[].persistentVolumeClaim.readOnly": .omittedWhenZero,
    ])
    for containers in ["containers", "initContainers", "ephemeralContainers"] {
      table.add(.listMap(keys: ["name"]), at: containers)
      table.add(container, at: containers + "[]")
    }
    return table
  }()

  private static let container: FieldTable = {
    var table = FieldTable(fragment: [
      "imagePullPolicy": .defaultImagePullPolicy,
      "terminationMessagePath": .default("/dev/termination-log"),
      "terminationMessagePolicy": .default("File"),
      "stdin": .omittedWhenZero,
      "stdinOnce": .omittedWhenZero,
      "tty": .omittedWhenZero,
      "resources": .default([:]),
      "resources.limits": .map,
      "resources.limits{}": .quantity,
      "resources.requests": .map,
      "resources.requests{}": .quantity,
      "resources.claims": .listMap(keys: ["name"]),
      "ports": .listMap(keys: ["containerPort", "protocol"]),
      "ports[].protocol": .default("TCP"),
      "ports[].hostPort": .omittedWhenZero,
      "env": .listMap(keys: ["name"]),
      "env[].valueFrom.secretKeyRef": .atomicObject,
      "env[].valueFrom.configMapKeyRef": .atomicObject,
      "env[].valueFrom.fieldRef": .atomicObject,
      "env[].valueFrom.fieldRef.apiVersion": .default("v1"),
      "env[].valueFrom.resourceFieldRef": .atomicObject,
      "env[].valueFrom.resourceFieldRef.divisor": .quantity,
      "env[].valueFrom.resourceFieldRef.divisor": .default("0"),
      "volumeMounts": .listMap(keys: ["mountPath"]),
      "volumeMounts[].readOnly": .omittedWhenZero,
      "volumeDevices": .listMap(keys: ["devicePath"]),
    ])
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
      table.add(FieldTable.probe, at: probe)
    }
    for hook in ["lifecycle.postStart", "lifecycle.preStop"] {
      table.add(.default("HTTP"), at: hook + ".httpGet.scheme")
      table.add(.default("/"), at: hook + ".httpGet.path")
      table.add(.intOrString, at: hook + ".httpGet.port")
    }
    return table
  }()

  private static let probe = FieldTable(fragment: [
    "failureThreshold": .default(3),
    "initialDelaySeconds": .omittedWhenZero,
    "periodSeconds": .default(10),
    "successThreshold": .default(1),
    "timeoutSeconds": .default(1),
    "httpGet.path": .default("/"),
    "httpGet.port": .intOrString,
    "httpGet.scheme": .default("HTTP"),
    "tcpSocket.port": .intOrString,
    "grpc.service": .default(""),
  ])
}
