import KubeCore
import KubeKindsAPIExtensions
import KubeKindsAPIRegistration
import KubeKindsApps
import KubeKindsCoordination
import KubeKindsCore
import KubeKindsDiscovery
import KubeKindsRBAC
import Testing

/// Decodes the document as `Kind` and expects the same document when it is encoded again.
func expectRoundTrip<Kind: KubeObject>(_ kind: Kind.Type, _ text: String) throws {
  var document = try JSONParser().parse(text)
  document["apiVersion"] = .string(Kind.type.apiVersion)
  document["kind"] = .string(Kind.type.kind)
  let value = try Kind(from: FieldReader(document))
  #expect(value.json == document)
  #expect(try Kind(from: FieldReader(value.json)) == value)
}

@Suite struct TypedKindTests {
  @Test func `Namespaces, ConfigMaps and ServiceAccounts survive a round trip`() throws {
    try expectRoundTrip(Namespace.self, #"{"metadata":{"name":"vela-system"},"status":{"phase":"Active"}}"#)
    try expectRoundTrip(
      ConfigMap.self, #"{"metadata":{"name":"a","namespace":"b"},"data":{"config.yaml":"a: 1\n"}}"#)
    try expectRoundTrip(
      ServiceAccount.self,
      #"{"metadata":{"name":"a","namespace":"b"},"imagePullSecrets":[{"name":"pull"}],"automountServiceAccountToken":true}"#
    )
  }

  @Test func `Services survive a round trip`() throws {
    try expectRoundTrip(
      Service.self,
      """
      {"metadata":{"name":"cluster-gateway","namespace":"vela-system"},"spec":{"clusterIP":"10.96.85.71",
       "clusterIPs":["10.96.85.71"],"internalTrafficPolicy":"Cluster","ipFamilies":["IPv4"],
       "ipFamilyPolicy":"SingleStack","ports":[{"name":"https","port":9443,"protocol":"TCP","targetPort":9443},
       {"name":"metrics","port":8080,"targetPort":"metrics","nodePort":30080,"appProtocol":"http"}],
       "selector":{"app":"x"},"sessionAffinity":"None","type":"ClusterIP","publishNotReadyAddresses":true}}
      """)
  }

  @Test func `Deployments survive a round trip`() throws {
    try expectRoundTrip(Deployment.self, Self.deployment)
  }

  @Test func `Pods survive a round trip`() throws {
    try expectRoundTrip(
      Pod.self,
      """
      {"metadata":{"name":"p","namespace":"n"},"spec":{"containers":[{"name":"c"}],"serviceAccountName":"sa",
       "priorityClassName":"high","tolerations":[{"operator":"Exists"}],"nodeSelector":{"a":"b"},
       "affinity":{"nodeAffinity":{}},"topologySpreadConstraints":[{"maxSkew":1,
       "topologyKey":"zone","whenUnsatisfiable":"DoNotSchedule"}],"imagePullSecrets":[{"name":"x"}],
       "hostNetwork":true,"initContainers":[{"name":"i","image":"busybox"}],"automountServiceAccountToken":false},
       "status":{"phase":"Running","podIP":"10.0.0.1","hostIP":"10.0.0.9","startTime":"2026-11-22T17:08:30Z",
       "conditions":[{"type":"Ready","status":"True","reason":"","message":"",
       "lastTransitionTime":"2026-11-22T17:08:30Z"}],"reason":"r","message":"m",
       "containerStatuses":[{"name":"c","ready":true,"started":true,"restartCount":2,"image":"x","imageID":"y",
       "state":{"running":{}},"lastState":{"terminated":{"exitCode":1}}}]}}
      """)
  }

  @Test func `roles and bindings survive a round trip`() throws {
    let rules =
      #"[{"verbs":["get"],"apiGroups":[""],"resources":["secrets"],"resourceNames":["a"]},{"verbs":["*"],"nonResourceURLs":["/healthz"]}]"#
    try expectRoundTrip(Role.self, #"{"metadata":{"name":"a","namespace":"b"},"rules":\#(rules)}"#)
    try expectRoundTrip(
      ClusterRole.self,
      #"{"metadata":{"name":"a"},"rules":\#(rules),"aggregationRule":{"clusterRoleSelectors":[]}}"#)
    let binding = """
      "roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"system:auth-delegator"},
      "subjects":[{"kind":"ServiceAccount","name":"cluster-gateway","namespace":"vela-system"},
      {"kind":"Group","name":"g","apiGroup":"rbac.authorization.k8s.io"}]
      """
    try expectRoundTrip(RoleBinding.self, #"{"metadata":{"name":"a","namespace":"b"},\#(binding)}"#)
    try expectRoundTrip(ClusterRoleBinding.self, #"{"metadata":{"name":"a"},\#(binding)}"#)
  }

  @Test func `APIServices survive a round trip with their bundle decoded`() throws {
    let text = """
      {"apiVersion":"apiregistration.k8s.io/v1","kind":"APIService","metadata":{"name":"v1alpha1.cluster.core.oam.dev"},
       "spec":{"caBundle":"LS0tLS1CRUdJTg==","group":"cluster.core.oam.dev","groupPriorityMinimum":5000,
       "service":{"name":"cluster-gateway","namespace":"vela-system","port":9443},"version":"v1alpha1",
       "versionPriority":10,"insecureSkipTLSVerify":false},
       "status":{"conditions":[{"type":"Available","status":"False","reason":"MissingEndpoints","message":"none"}]}}
      """
    try expectRoundTrip(APIService.self, text)
    let service = try APIService(from: FieldReader(JSONParser().parse(text)))
    #expect(service.spec.caBundle == Array("-----BEGIN".utf8))
    #expect(service.status.conditions.isTrue("Available") == false)
    let bad = try JSONParser().parse(text.replacing("LS0tLS1CRUdJTg==", with: "!"))
    let error = #expect(throws: FieldError.self) { try APIService(from: FieldReader(bad)) }
    #expect(error?.path.description == "spec.caBundle")
  }

  @Test func `CustomResourceDefinitions survive a round trip`() throws {
    let text = """
      {"metadata":{"name":"crontabs.example.com"},"spec":{"group":"example.com","scope":"Namespaced",
       "names":{"plural":"crontabs","kind":"CronTab","singular":"crontab","listKind":"CronTabList","shortNames":["ct"],
       "categories":["all"]},"versions":[{"name":"v1","served":true,"storage":true,"deprecated":true,
       "schema":{"openAPIV3Schema":{"type":"object"}},"subresources":{"status":{}},
       "additionalPrinterColumns":[{"name":"Age","type":"date","jsonPath":".metadata.creationTimestamp"}]},
       {"name":"v0","served":false,"storage":false}],"conversion":{"strategy":"None"},"preserveUnknownFields":false},
       "status":{"conditions":[{"type":"Established","status":"True","reason":"a","message":"b"}],
       "storedVersions":["v1"]}}
      """
    try expectRoundTrip(CustomResourceDefinition.self, text)
    let definition = try CustomResourceDefinition(from: FieldReader(JSONParser().parse(text)))
    #expect(
      definition.servedTypes == [
        ResourceType(
          group: "example.com", version: "v1", kind: "CronTab", plural: "crontabs", isNamespaced: true)
      ])
  }

  @Test func `Leases survive a round trip with microseconds`() throws {
    try expectRoundTrip(
      Lease.self,
      """
      {"metadata":{"name":"l","namespace":"n"},"spec":{"holderIdentity":"a_b","leaseDurationSeconds":15,
       "acquireTime":"2026-11-22T17:08:30.000000Z","renewTime":"2026-11-22T17:08:32.500000Z","leaseTransitions":3}}
      """)
  }

  @Test func `Events and EndpointSlices survive a round trip`() throws {
    try expectRoundTrip(
      Event.self,
      """
      {"metadata":{"name":"e","namespace":"n"},"involvedObject":{"apiVersion":"v1","kind":"Pod","name":"p",
       "namespace":"n","uid":"u","resourceVersion":"1","fieldPath":"spec"},"reason":"Started","message":"m",
       "type":"Normal","source":{"component":"kubelet","host":"h"},"firstTimestamp":"2026-11-22T17:08:30Z",
       "lastTimestamp":"2026-11-22T17:08:31Z","count":2,"eventTime":"2026-11-22T17:08:30.250000Z","action":"a",
       "related":{"kind":"Node"},"reportingComponent":"c","reportingInstance":"i"}
      """)
    try expectRoundTrip(
      EndpointSlice.self,
      """
      {"metadata":{"name":"s","namespace":"n","labels":{"kubernetes.io/service-name":"cluster-gateway"}},
       "addressType":"IPv4","endpoints":[{"addresses":["10.0.0.1"],"conditions":{"ready":true,"serving":true,
       "terminating":false},"nodeName":"n1","zone":"z","hostname":"h","targetRef":{"kind":"Pod","name":"p"}}],
       "ports":[{"name":"https","port":9443,"protocol":"TCP","appProtocol":"https"}]}
      """)
  }

  @Test func `fields that are not known are kept`() throws {
    var richer = try JSONParser().parse(Self.deployment)
    richer.set(["a": 1], at: ["spec", "template", "spec", "somethingNew"])
    richer["somethingElse"] = "x"
    var deployment = try Deployment(from: FieldReader(richer))
    #expect(deployment.json == richer)
    deployment.spec.template.spec.serviceAccountName = "other"
    richer.set("other", at: ["spec", "template", "spec", "serviceAccountName"])
    #expect(deployment.json == richer)
  }

  @Test func `a plain number is a quantity`() throws {
    let resources = try ResourceRequirements(
      from: FieldReader([
        "limits": ["cpu": 2, "memory": "600Mi"],
        "requests": ["cpu": .number(#require(JSONNumber(text: "0.5")))],
      ]))
    #expect(resources.limits == ["cpu": "2", "memory": "600Mi"])
    #expect(resources.requests == ["cpu": "0.5"])
  }

  @Test func `what a server leaves out of a status is no error`() throws {
    let pod = try Pod(
      from: FieldReader(["metadata": ["name": "p"], "status": ["containerStatuses": [["name": "c"]]]]))
    let container = try #require(pod.status.containerStatuses.first)
    #expect(container.name == "c" && !container.ready && container.imageID.isEmpty)
  }

  @Test func `errors name the field`() throws {
    var document = try JSONParser().parse(Self.deployment)
    document.set("three", at: ["spec", "replicas"])
    let error = #expect(throws: FieldError.self) { try Deployment(from: FieldReader(document)) }
    #expect(error?.path.description == "spec.replicas")
    document.set(3, at: ["spec", "replicas"])
    document.set([["image": "x"]], at: ["spec", "template", "spec", "containers"])
    let nameless = #expect(throws: FieldError.self) { try Deployment(from: FieldReader(document)) }
    #expect(nameless?.path.description == "spec.template.spec.containers[0].name")
    #expect(throws: FieldError.self) { try Deployment(from: FieldReader("text")) }
  }

  private static let deployment = """
    {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"gateway-deployment","namespace":"vela-system",
     "generation":1,"labels":{"x":"1"}},"spec":{"progressDeadlineSeconds":600,"replicas":3,"revisionHistoryLimit":10,
     "selector":{"matchLabels":{"a":"b"}},"minReadySeconds":5,"paused":false,
     "strategy":{"rollingUpdate":{"maxSurge":"25%","maxUnavailable":1},"type":"RollingUpdate"},
     "template":{"metadata":{"labels":{"a":"b"},"annotations":{"c":"d"}},"spec":{"containers":[{"args":["--a=b"],
     "command":["/gateway"],"env":[{"name":"NAMESPACE","valueFrom":{"fieldRef":{"apiVersion":"v1",
     "fieldPath":"metadata.namespace"}}},{"name":"A","value":"1"}],"image":"oamdev/cluster-gateway:v1.1.11",
     "imagePullPolicy":"IfNotPresent","name":"apiserver","ports":[{"containerPort":9443,"name":"https",
     "protocol":"TCP"}],"livenessProbe":{"httpGet":{"path":"/livez","port":9443}},
     "readinessProbe":{"httpGet":{"path":"/readyz","port":9443}},
     "resources":{"limits":{"cpu":"500m","memory":"600Mi"},"requests":{"cpu":"100m","memory":"200Mi"}},
     "securityContext":{"runAsNonRoot":true},"terminationMessagePath":"/dev/termination-log",
     "terminationMessagePolicy":"File","volumeMounts":[{"mountPath":"/etc/server/","name":"server",
     "readOnly":true},{"mountPath":"/x","name":"y","subPath":"z"}]}],"dnsPolicy":"ClusterFirst","restartPolicy":"Always",
     "schedulerName":"default-scheduler","securityContext":{},"serviceAccountName":"cluster-gateway",
     "terminationGracePeriodSeconds":30,"volumes":[{"name":"server","secret":{"defaultMode":420,
     "secretName":"cluster-gateway-tls-cert","optional":true,"items":[{"key":"tls.crt","path":"tls.crt","mode":256}]}},
     {"name":"c","configMap":{"name":"m","defaultMode":420,"optional":false}},{"name":"e","emptyDir":{}},
     {"name":"p","projected":{"sources":[]}}]}}},
     "status":{"conditions":[{"lastTransitionTime":"2026-11-22T17:08:30Z","message":"m","reason":"r","status":"False",
     "type":"Available"}],"observedGeneration":1,"replicas":3,"unavailableReplicas":3,"updatedReplicas":3,
     "readyReplicas":0,"availableReplicas":0}}
    """
}
