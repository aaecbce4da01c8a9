import KubeCore

extension KindSample {
  private static let pods: JSONValue = [
    "metadata": ["labels": ["app": "x"]],
    "spec": ["containers": [["name": "c", "image": "example.org/image:1"]]],
  ]
  private static let selector: JSONValue = ["matchLabels": ["app": "x"]]

  /// An object of every kind that is stored and can be created.
  package static let all: [KindSample] = core + apps + batch + access + network + storage + control

  private static let core: [KindSample] = [
    KindSample(group: "", kind: "ConfigMap", members: ["data": ["a": "1"]]),
    KindSample(
      group: "", kind: "Endpoints",
      members: ["subsets": [["addresses": [["ip": "192.0.2.1"]], "ports": [["port": 443]]]]]),
    KindSample(
      group: "", kind: "Event",
      members: [
        "involvedObject": ["kind": "Pod", "namespace": "SPACE", "name": "p"], "reason": "Tested",
        "type": "Normal",
      ]),
    KindSample(
      group: "", kind: "LimitRange",
      members: ["spec": ["limits": [["type": "Container", "max": ["cpu": "1000m"]]]]],
      defaults: [
        (
          ["spec", "limits"],
          [
            [
              "type": "Container", "max": ["cpu": "1"], "default": ["cpu": "1"],
              "defaultRequest": ["cpu": "1"],
            ]
          ]
        )
      ],
      wrong: (["spec", "limits"], [["max": ["cpu": "1"]]], "spec.limits[0].type")),
    KindSample(group: "", kind: "Namespace", members: [:], defaults: [(["status", "phase"], "Active")]),
    KindSample(
      group: "", kind: "Node", members: ["spec": ["podCIDR": "192.0.2.0/24", "unschedulable": true]]),
    KindSample(
      group: "", kind: "PersistentVolume",
      members: [
        "spec": [
          "capacity": ["storage": "1024Mi"], "accessModes": ["ReadWriteOnce"],
          "hostPath": ["path": "/tmp/NAME"],
        ]
      ],
      defaults: [
        (["spec", "persistentVolumeReclaimPolicy"], "Retain"), (["spec", "volumeMode"], "Filesystem"),
        (["spec", "hostPath", "type"], ""), (["spec", "capacity", "storage"], "1Gi"),
        (["status", "phase"], "Pending"),
      ], wrong: (["spec", "accessModes"], ["Wrong"], "spec.accessModes")),
    KindSample(
      group: "", kind: "PersistentVolumeClaim",
      members: [
        "spec": [
          "accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": "1Gi"]],
          "storageClassName": "none",
        ]
      ],
      defaults: [(["spec", "volumeMode"], "Filesystem"), (["status", "phase"], "Pending")],
      wrong: (["spec", "accessModes"], ["Wrong"], "spec.accessModes")),
    KindSample(
      group: "", kind: "Pod",
      members: ["spec": ["containers": [["name": "c", "image": "example.org/image:1"]]]],
      defaults: [
        (["spec", "restartPolicy"], "Always"), (["spec", "enableServiceLinks"], true),
        (["spec", "terminationGracePeriodSeconds"], 30), (["status", "phase"], "Pending"),
      ], wrong: (["spec", "restartPolicy"], "Wrong", "spec.restartPolicy")),
    KindSample(group: "", kind: "PodTemplate", members: ["template": pods]),
    KindSample(
      group: "", kind: "ReplicationController",
      members: ["spec": ["replicas": 0, "selector": ["app": "x"], "template": pods]],
      defaults: [
        (["spec", "template", "spec", "restartPolicy"], "Always"), (["status", "replicas"], 0),
        (["metadata", "labels"], ["app": "x"]),
      ]),
    KindSample(
      group: "", kind: "ResourceQuota", members: ["spec": ["hard": ["pods": "1000", "cpu": "1000m"]]],
      defaults: [(["spec", "hard"], ["pods": "1k", "cpu": "1"])],
      wrong: (["spec", "scopes"], ["Wrong"], "spec.scopes")),
    KindSample(
      group: "", kind: "Secret", members: ["stringData": ["a": "1"]], defaults: [(["type"], "Opaque")]),
    KindSample(
      group: "", kind: "Service", members: ["spec": ["ports": [["port": 80]]]],
      defaults: [
        (["spec", "type"], "ClusterIP"), (["spec", "sessionAffinity"], "None"),
        (["spec", "ports"], [["port": 80, "protocol": "TCP", "targetPort": 80]]),
      ], wrong: (["spec", "sessionAffinity"], "Wrong", "spec.sessionAffinity")),
    KindSample(group: "", kind: "ServiceAccount", members: ["imagePullSecrets": [["name": "a"]]]),
  ]

  private static let apps: [KindSample] = [
    KindSample(group: "apps", kind: "ControllerRevision", members: ["revision": 1, "data": ["a": 1]]),
    KindSample(
      group: "apps", kind: "DaemonSet", members: ["spec": ["selector": selector, "template": pods]],
      defaults: [
        (["spec", "revisionHistoryLimit"], 10), (["spec", "updateStrategy", "type"], "RollingUpdate"),
        (["spec", "updateStrategy", "rollingUpdate", "maxUnavailable"], 1),
        (["status", "numberReady"], 0), (["metadata", "generation"], 1),
      ], wrong: (["spec", "updateStrategy", "type"], "Wrong", "spec.updateStrategy")),
    KindSample(
      group: "apps", kind: "Deployment", members: ["spec": ["selector": selector, "template": pods]],
      defaults: [
        (["spec", "replicas"], 1), (["spec", "strategy", "type"], "RollingUpdate"),
        (["metadata", "generation"], 1), (["status"], [:]),
      ], wrong: (["spec", "selector"], nil, "spec.selector")),
    KindSample(
      group: "apps", kind: "ReplicaSet",
      members: ["spec": ["replicas": 0, "selector": selector, "template": pods]],
      defaults: [(["status"], ["replicas": 0]), (["metadata", "generation"], 1)],
      wrong: (["spec", "selector"], nil, "spec.selector")),
    KindSample(
      group: "apps", kind: "StatefulSet",
      members: ["spec": ["serviceName": "s", "selector": selector, "template": pods]],
      defaults: [
        (["spec", "replicas"], 1), (["spec", "revisionHistoryLimit"], 10),
        (["spec", "podManagementPolicy"], "OrderedReady"),
        (["spec", "updateStrategy"], ["type": "RollingUpdate", "rollingUpdate": ["partition": 0]]),
      ], wrong: (["spec", "podManagementPolicy"], "Wrong", "spec.podManagementPolicy")),
  ]

  private static let jobPods: JSONValue = [
    "spec": ["restartPolicy": "Never", "containers": [["name": "c", "image": "example.org/image:1"]]]
  ]

  private static let batch: [KindSample] = [
    KindSample(
      group: "batch", kind: "CronJob",
      members: ["spec": ["schedule": "0 0 1 1 *", "jobTemplate": ["spec": ["template": jobPods]]]],
      defaults: [
        (["spec", "concurrencyPolicy"], "Allow"), (["spec", "suspend"], false),
        (["spec", "successfulJobsHistoryLimit"], 3), (["spec", "failedJobsHistoryLimit"], 1),
      ], wrong: (["spec", "schedule"], nil, "spec.schedule")),
    KindSample(
      group: "batch", kind: "Job", members: ["spec": ["parallelism": 0, "template": jobPods]],
      defaults: [(["spec", "backoffLimit"], 6), (["status"], [:])]),
  ]

  /// A certificate signing request (PKCS #10, PEM) of a discarded key.
  private static let request =
    "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIUU1IZ0NBUUF3RmpFVU1CSUdBMVVFQXd3TFkyOX"
    + "VabTl5YldGdVkyVXdXVEFUQmdjcWhrak9QUUlCQmdncQpoa2pPUFFNQkJ3TkNBQVFUYXE4RU1hcVBTREh1dW5IU0t2"
    + "Znh2Wis5S0tmNExYNmVqUUIzZVIyRzlCa3NlUmgvCi9UY2djQ0JsRUZCeEUvWFJMdDdDSVVjMVJrYkZlSWdzekpZMW"
    + "9BQXdDZ1lJS29aSXpqMEVBd0lEU0FBd1JRSWcKYVI0SGx1S3NUcmlVWFBSOUoremFscjFURUppV0lDV2ZSZ1o5SGlH"
    + "aTdMY0NJUUNyUnZlZFpjQnIxdSt1cG56YgpLUm0rS1laT2NJOGpmYjd2cGRDTlZxYkxEdz09Ci0tLS0tRU5EIENFUl"
    + "RJRklDQVRFIFJFUVVFU1QtLS0tLQo="

  private static let access: [KindSample] = [
    KindSample(
      group: "rbac.authorization.k8s.io", kind: "ClusterRole",
      members: ["rules": [["apiGroups": [""], "resources": ["pods"], "verbs": ["get"]]]],
      wrong: (["rules"], [["apiGroups": [""], "resources": ["pods"]]], "rules[0].verbs")),
    KindSample(
      group: "rbac.authorization.k8s.io", kind: "ClusterRoleBinding",
      members: [
        "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "NAME"],
        "subjects": [["kind": "User", "name": "u"]],
      ],
      defaults: [
        (["subjects"], [["apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "u"]])
      ], wrong: (["roleRef", "name"], nil, "roleRef.name")),
    KindSample(
      group: "rbac.authorization.k8s.io", kind: "Role",
      members: ["rules": [["apiGroups": [""], "resources": ["pods"], "verbs": ["get"]]]],
      wrong: (["rules"], [["apiGroups": [""], "verbs": ["get"]]], "rules[0].resources")),
    KindSample(
      group: "rbac.authorization.k8s.io", kind: "RoleBinding",
      members: [
        "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "NAME"],
        "subjects": [["kind": "Group", "name": "g"]],
      ],
      defaults: [
        (["subjects"], [["apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "g"]])
      ], wrong: (["subjects"], [["kind": "User"]], "subjects[0].name")),
    KindSample(
      group: "certificates.k8s.io", kind: "CertificateSigningRequest",
      members: [
        "spec": ["request": .string(request), "signerName": "example.org/NAME", "usages": ["client auth"]]
      ],
      wrong: (["spec", "signerName"], nil, "spec.signerName")),
  ]

  private static let network: [KindSample] = [
    KindSample(
      group: "networking.k8s.io", kind: "IPAddress",
      members: ["spec": ["parentRef": ["resource": "services", "namespace": "SPACE", "name": "s"]]],
      wrong: (["spec", "parentRef"], nil, "spec.parentRef"), name: "192.0.2.7"),
    KindSample(
      group: "networking.k8s.io", kind: "Ingress",
      members: [
        "spec": [
          "rules": [
            [
              "host": "a.example.org",
              "http": [
                "paths": [
                  [
                    "path": "/", "pathType": "Prefix",
                    "backend": ["service": ["name": "s", "port": ["number": 80]]],
                  ]
                ]
              ],
            ]
          ]
        ]
      ], defaults: [(["status", "loadBalancer"], [:]), (["metadata", "generation"], 1)],
      wrong: (
        ["spec", "rules"],
        [
          [
            "http": [
              "paths": [["path": "/", "backend": ["service": ["name": "s", "port": ["number": 80]]]]]
            ]
          ]
        ], "spec.rules[0].http.paths[0].pathType"
      )),
    KindSample(
      group: "networking.k8s.io", kind: "IngressClass",
      members: ["spec": ["controller": "example.org/controller"]],
      defaults: [(["metadata", "generation"], 1)]),
    KindSample(
      group: "networking.k8s.io", kind: "NetworkPolicy",
      members: [
        "spec": ["podSelector": [:], "policyTypes": ["Ingress"], "ingress": [["ports": [["port": 80]]]]]
      ],
      defaults: [
        (["spec", "ingress"], [["ports": [["port": 80, "protocol": "TCP"]]]]),
        (["metadata", "generation"], 1),
      ], wrong: (["spec", "policyTypes"], ["Wrong"], "spec.policyTypes[0]")),
    KindSample(
      group: "networking.k8s.io", kind: "ServiceCIDR", members: ["spec": ["cidrs": ["198.51.100.0/24"]]]),
    KindSample(
      group: "discovery.k8s.io", kind: "EndpointSlice",
      members: [
        "addressType": "IPv4", "endpoints": [["addresses": ["192.0.2.1"]]], "ports": [["port": 443]],
      ],
      defaults: [(["ports"], [["name": "", "port": 443, "protocol": "TCP"]])],
      wrong: (["addressType"], nil, "addressType")),
    KindSample(
      group: "events.k8s.io", kind: "Event",
      members: [
        "eventTime": "2026-01-02T03:04:05.000006Z", "reportingController": "example.org/c",
        "reportingInstance": "i", "action": "Test", "reason": "Tested", "type": "Normal",
        "regarding": ["kind": "Pod", "namespace": "SPACE", "name": "p"],
      ]),
    KindSample(
      group: "coordination.k8s.io", kind: "Lease",
      members: ["spec": ["holderIdentity": "me", "leaseDurationSeconds": 15]],
      wrong: (["spec", "leaseDurationSeconds"], 0, "spec.leaseDurationSeconds")),
  ]

  private static let storage: [KindSample] = [
    KindSample(
      group: "storage.k8s.io", kind: "CSIDriver", members: ["spec": [:]],
      defaults: [
        (["spec", "attachRequired"], true), (["spec", "podInfoOnMount"], false),
        (["spec", "volumeLifecycleModes"], ["Persistent"]),
      ]),
    KindSample(
      group: "storage.k8s.io", kind: "CSINode",
      members: ["spec": ["drivers": [["name": "d.example.org", "nodeID": "n", "topologyKeys": ["a"]]]]],
      wrong: (["spec", "drivers"], [["name": "d.example.org"]], "spec.drivers[0].nodeID")),
    KindSample(
      group: "storage.k8s.io", kind: "CSIStorageCapacity",
      members: ["storageClassName": "a", "capacity": "1024Mi"], defaults: [(["capacity"], "1Gi")]),
    KindSample(
      group: "storage.k8s.io", kind: "StorageClass", members: ["provisioner": "example.org/p"],
      defaults: [(["reclaimPolicy"], "Delete"), (["volumeBindingMode"], "Immediate")],
      wrong: (["provisioner"], nil, "provisioner")),
    KindSample(
      group: "storage.k8s.io", kind: "VolumeAttachment",
      members: [
        "spec": ["attacher": "a.example.org", "nodeName": "n", "source": ["persistentVolumeName": "v"]]
      ], wrong: (["spec", "nodeName"], nil, "spec.nodeName")),
    KindSample(
      group: "storage.k8s.io", kind: "VolumeAttributesClass",
      members: ["driverName": "d.example.org", "parameters": ["a": "1"]],
      wrong: (["driverName"], nil, "driverName")),
  ]

  private static let hook: JSONValue = [
    "name": "a.NAME.example.org", "sideEffects": "None", "admissionReviewVersions": ["v1"],
    "clientConfig": ["url": "https://127.0.0.1:1/"], "failurePolicy": "Ignore",
    "rules": [
      ["apiGroups": ["a.example.org"], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["a"]]
    ],
  ]
  private static var hookWithoutEffects: JSONValue {
    var hook = hook
    hook["sideEffects"] = nil
    return hook
  }
  private static let matched: JSONValue = [
    "resourceRules": [
      [
        "apiGroups": ["a.example.org"], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["a"],
      ]
    ]
  ]

  private static let control: [KindSample] = [
    KindSample(
      group: "policy", kind: "PodDisruptionBudget",
      members: ["spec": ["minAvailable": 1, "selector": selector]],
      defaults: [(["status", "disruptionsAllowed"], 0), (["metadata", "generation"], 1)]),
    KindSample(
      group: "autoscaling", kind: "HorizontalPodAutoscaler",
      members: [
        "spec": [
          "scaleTargetRef": ["apiVersion": "apps/v1", "kind": "Deployment", "name": "a"], "maxReplicas": 2,
        ]
      ], defaults: [(["spec", "minReplicas"], 1)],
      wrong: (["spec", "scaleTargetRef", "name"], nil, "spec.scaleTargetRef.name")),
    KindSample(
      group: "scheduling.k8s.io", kind: "PriorityClass", members: ["value": 10, "description": "d"],
      defaults: [(["preemptionPolicy"], "PreemptLowerPriority"), (["metadata", "generation"], 1)],
      wrong: (["preemptionPolicy"], "Wrong", "preemptionPolicy")),
    KindSample(
      group: "node.k8s.io", kind: "RuntimeClass", members: ["handler": "h"],
      wrong: (["handler"], "", "handler")),
    KindSample(
      group: "apiextensions.k8s.io", kind: "CustomResourceDefinition",
      members: [
        "spec": [
          "group": "NAME.example.org", "scope": "Cluster", "names": ["kind": "Thing", "plural": "things"],
          "versions": [
            [
              "name": "v1", "served": true, "storage": true,
              "schema": ["openAPIV3Schema": ["type": "object"]],
            ]
          ],
        ]
      ],
      defaults: [
        (["spec", "conversion", "strategy"], "None"), (["spec", "names", "listKind"], "ThingList"),
        (["metadata", "generation"], 1),
      ], wrong: (["spec", "group"], nil, "spec.group"), name: "things.NAME.example.org"),
    KindSample(
      group: "apiregistration.k8s.io", kind: "APIService",
      members: [
        "spec": [
          "group": "aggregated.NAME.example.org", "version": "v1", "groupPriorityMinimum": 10,
          "versionPriority": 10,
          "insecureSkipTLSVerify": true, "service": ["namespace": "SPACE", "name": "s"],
        ]
      ], defaults: [(["spec", "service", "port"], 443)], name: "v1.aggregated.NAME.example.org"),
    KindSample(
      group: "admissionregistration.k8s.io", kind: "MutatingWebhookConfiguration",
      members: ["webhooks": [hook]], wrong: (["webhooks"], [hookWithoutEffects], "webhooks[0].sideEffects")),
    KindSample(
      group: "admissionregistration.k8s.io", kind: "ValidatingWebhookConfiguration",
      members: ["webhooks": [hook]], wrong: (["webhooks"], [hookWithoutEffects], "webhooks[0].sideEffects")),
    KindSample(
      group: "admissionregistration.k8s.io", kind: "ValidatingAdmissionPolicy",
      members: ["spec": ["matchConstraints": matched, "validations": [["expression": "true"]]]],
      defaults: [(["spec", "failurePolicy"], "Fail")],
      wrong: (["spec", "failurePolicy"], "Wrong", "spec.failurePolicy")),
    KindSample(
      group: "admissionregistration.k8s.io", kind: "ValidatingAdmissionPolicyBinding",
      members: ["spec": ["policyName": "NAME", "validationActions": ["Deny"]]],
      wrong: (["spec", "policyName"], nil, "spec.policyName")),
    KindSample(
      group: "admissionregistration.k8s.io", kind: "MutatingAdmissionPolicy",
      members: [
        "spec": [
          "matchConstraints": matched, "reinvocationPolicy": "Never",
          "mutations": [
            ["patchType": "ApplyConfiguration", "applyConfiguration": ["expression": "Object{}"]]
          ],
        ]
      ]),
    KindSample(
      group: "admissionregistration.k8s.io", kind: "MutatingAdmissionPolicyBinding",
      members: ["spec": ["policyName": "NAME"]]),
    KindSample(
      group: "flowcontrol.apiserver.k8s.io", kind: "FlowSchema",
      members: [
        "spec": [
          "priorityLevelConfiguration": ["name": "exempt"],
          "rules": [
            [
              "subjects": [["kind": "User", "user": ["name": "NAME"]]],
              "nonResourceRules": [["verbs": ["get"], "nonResourceURLs": ["/healthz"]]],
            ]
          ],
        ]
      ], defaults: [(["spec", "matchingPrecedence"], 1000)],
      wrong: (
        ["spec", "rules"], [["nonResourceRules": [["verbs": ["get"], "nonResourceURLs": ["/healthz"]]]]],
        "spec.rules[0].subjects"
      )),
    KindSample(
      group: "flowcontrol.apiserver.k8s.io", kind: "PriorityLevelConfiguration",
      members: ["spec": ["type": "Limited", "limited": ["limitResponse": ["type": "Reject"]]]],
      defaults: [(["spec", "limited", "nominalConcurrencyShares"], 30)]),
  ]
}
