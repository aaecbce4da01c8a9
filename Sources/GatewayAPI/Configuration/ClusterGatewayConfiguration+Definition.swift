public import KubeCore
import KubeKindsAPIExtensions

extension ClusterGatewayConfiguration {
  /// The CustomResourceDefinition of this kind, as it is installed.
  ///
  /// It takes every object that the Go manager's definition takes and that its manager could work with; what
  /// that one
  /// doesn't require isn't required here.
  public static var customResourceDefinition: JSONValue {
    [
      "apiVersion": .string(CustomResourceDefinition.type.apiVersion),
      "kind": .string(CustomResourceDefinition.type.kind),
      "metadata": ["name": .string(type.qualifiedPlural)],
      "spec": [
        "group": .string(type.group),
        "scope": "Cluster",
        "names": [
          "kind": .string(type.kind),
          "listKind": .string(type.kind + "List"),
          "plural": .string(type.plural),
          "singular": "clustergatewayconfiguration",
        ],
        "versions": [
          [
            "name": .string(type.version),
            "served": true,
            "storage": true,
            "subresources": ["status": [:]],
            "additionalPrinterColumns": [
              column("Image", ".spec.image"),
              column("Egress", ".spec.egress.type"),
              column("Available", ".status.conditions[?(@.type==\"\(ConditionType.available)\")].status"),
              ["name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"],
            ],
            "schema": ["openAPIV3Schema": schema],
          ]
        ],
      ],
    ]
  }

  private static func column(_ name: String, _ path: String) -> JSONValue {
    ["name": .string(name), "type": "string", "jsonPath": .string(path)]
  }

  /// The structural schema; also what `unknownFields(in:)` knows the fields by.
  static let schema: JSONValue = Schema.object(
    "What the operator installs as cluster-gateway, and how it reaches the managed clusters.",
    [
      "apiVersion": Schema.string("The group and version."),
      "kind": Schema.string("The kind."),
      "metadata": ["type": "object"],
      "spec": specSchema,
      "status": Schema.object(
        "What was observed of the gateway.",
        [
          "lastObservedGeneration": [
            "type": "integer", "format": "int64",
            "description": "The generation that the status was said of.",
          ],
          "conditions": Schema.conditions("The state of the gateway, aspect by aspect."),
        ]),
    ])

  private static var specSchema: JSONValue {
    Schema.object(
      "What is wanted of the gateway.", required: ["image", "installNamespace", "secretNamespace", "egress"],
      [
        "image": Schema.string(
          "The image of cluster-gateway.", minimum: 1, maximum: 1024, pattern: "^\\S+$"),
        "installNamespace": Schema.namespace("The namespace that the gateway runs in."),
        "secretNamespace": Schema.namespace("The namespace of the gateway Secrets, one for each cluster."),
        "secretManagement": secretManagementSchema,
        "egress": egressSchema,
        "clusters": Schema.object(
          "Which clusters the gateway serves; all when empty.",
          ["selector": Schema.labelSelector("The labels of their ManagedClusters.")]),
        "replicas": [
          "type": "integer", "format": "int32", "minimum": 1, "maximum": .integer(maximumReplicas),
          "default": .integer(Defaults.replicas), "description": "How many pods the gateway has.",
        ],
        "resources": Schema.object(
          "What a pod of the gateway needs and may use; by default 100m/200Mi and 500m/600Mi.",
          [
            "requests": Schema.quantities("What is set aside for it."),
            "limits": Schema.quantities("What it may use at most."),
          ]),
        "scheduling": schedulingSchema,
        "imagePullSecrets": Schema.list(
          "The Secrets in the install namespace with which the image is pulled.",
          of: Schema.object(
            "A Secret.", required: ["name"], ["name": Schema.name("The Secret's name.")])),
        "certificates": certificatesSchema,
        "health": healthSchema,
        "featureGates": Schema.map(
          "The gateway's feature gates, merged over HealthinessCheck and SecretCache, which are on where the image's version knows them.",
          of: ["type": "boolean"]),
        "ownership": Schema.object(
          "What becomes of fields that another Apply manager owns, such as a GitOps tool.",
          [
            "force": [
              "type": "boolean", "default": .bool(Defaults.ownershipForce),
              "description": "Whether such fields are taken over; otherwise they are reported.",
            ]
          ]),
      ])
  }

  private static var secretManagementSchema: JSONValue {
    Schema.object(
      "Who makes the gateway Secrets.",
      [
        "type": Schema.enumeration(
          "ManagedServiceAccount: the operator, from reported tokens; Manual: a person.",
          SecretManagementType.self, default: Defaults.secretManagement),
        "managedServiceAccount": Schema.object(
          "The identity on the clusters.",
          [
            "name": Schema.name(
              "The name of the ManagedServiceAccount in every cluster's namespace.",
              default: Defaults.managedServiceAccountName)
          ]),
      ])
  }

  private static var egressSchema: JSONValue {
    Schema.object(
      "How the gateway reaches the clusters, and with what rights.", required: ["type"],
      rules: [
        Schema.rule(
          "self.type != 'ClusterProxy' || has(self.clusterProxy)",
          "egress of type ClusterProxy needs clusterProxy: host, port and credentials of the tunnel")
      ],
      [
        "type": Schema.enumeration(
          "Direct: by the clusters' URLs; ClusterProxy: through the tunnel of cluster-proxy.", EgressType.self
        ),
        "clusterProxy": Schema.object(
          "The tunnel of cluster-proxy.", required: ["proxyServerHost", "proxyServerPort", "credentials"],
          [
            "proxyServerHost": Schema.string("The host of its entry point.", minimum: 1, maximum: 253),
            "proxyServerPort": [
              "type": "integer", "format": "int32", "minimum": 1, "maximum": 65_535,
              "description": "The port of its entry point.",
            ],
            "credentials": Schema.object(
              "The client certificate for the entry point.",
              required: ["namespace", "proxyClientSecretName", "proxyClientCASecretName"],
              [
                "namespace": Schema.namespace("The Secrets' namespace."),
                "proxyClientSecretName": Schema.name("The Secret with the client certificate and its key."),
                "proxyClientCASecretName": Schema.name("The Secret with the entry point's CA."),
              ]),
          ]),
        "permissions": Schema.policyRules(
          "What the gateway's identity may do on the clusters; everything on all resources when empty."),
      ])
  }

  private static var schedulingSchema: JSONValue {
    Schema.object(
      "Where the gateway's pods run.",
      [
        "nodeSelector": Schema.map("The labels that a node must have.", of: Schema.string(maximum: 63)),
        "tolerations": Schema.list("Taints that the pods put up with.", of: Schema.anyObject()),
        "affinity": Schema.anyObject("Rules by which nodes are preferred or required."),
        "priorityClassName": Schema.name("The pods' priority."),
        "topologySpreadConstraints": Schema.list(
          "How the pods spread over failure domains.", of: Schema.anyObject()),
      ])
  }

  private static var certificatesSchema: JSONValue {
    Schema.object(
      "The gateway's serving certificates.",
      rules: [
        Schema.rule(
          "duration(self.validity) < duration(self.caValidity)",
          "validity must be shorter than caValidity"),
        Schema.rule(
          "!has(self.renewBefore) || duration(self.renewBefore).getSeconds() * 4 <= duration(self.validity).getSeconds() * 3",
          "renewBefore must be at most three quarters of validity"),
        Schema.rule(
          "!has(self.renewBefore) || duration(self.renewBefore) >= duration('5m')",
          "renewBefore must be five minutes or longer"),
        Schema.rule(
          "!has(self.caRenewBefore) || duration(self.caRenewBefore).getSeconds() * 4 <= duration(self.caValidity).getSeconds() * 3",
          "caRenewBefore must be at most three quarters of caValidity"),
        Schema.rule(
          "(has(self.caRenewBefore) ? duration(self.caRenewBefore).getSeconds() : duration(self.caValidity).getSeconds() / 3) >= duration(self.overlap).getSeconds() * 2 + 300",
          "caRenewBefore, or a third of caValidity, must be at least twice the overlap and five minutes"),
        Schema.rule(
          "duration(self.overlap) < duration(self.validity)", "overlap must be shorter than validity"),
        Schema.rule("duration(self.overlap) >= duration('1m')", "overlap must be a minute or longer"),
      ],
      [
        "algorithm": Schema.enumeration(
          "The kind of keys.", CertificateAlgorithm.self, default: Defaults.algorithm),
        "validity": Schema.duration(
          "How long a serving certificate is valid.", default: Defaults.validity),
        "caValidity": Schema.duration(
          "How long the certificate authority is valid.", default: Defaults.caValidity),
        "renewBefore": Schema.duration(
          "How long before its end a serving certificate is renewed; chosen by the operator when absent."),
        "caRenewBefore": Schema.duration(
          "How long before its end the certificate authority is renewed; after two thirds of its life when absent."
        ),
        "overlap": Schema.duration(
          "How long the next certificate authority is published in the APIService's bundle before it signs.",
          default: Defaults.overlap),
      ])
  }

  /// The most pods that a configuration may ask for.
  public static let maximumReplicas: Int32 = 100
}
