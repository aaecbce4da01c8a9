import KubeCore
import KubeSchemas
import Testing

@Suite struct SchemaDocumentTests {
  private let document = KubernetesSchema.document

  private func field(_ type: String, _ name: String, in section: String = "core") throws -> FieldSchema {
    try #require(
      document.members(of: TypeName(section: section, name: type)).first { $0.name == name })
  }

  @Test func `kinds are read with what the API server does with them`() throws {
    let kind = try #require(document.kind(GroupKind(group: "apps", kind: "Deployment")))
    #expect(
      kind.resourceType
        == ResourceType(
          group: "apps", version: "v1", kind: "Deployment", plural: "deployments", isNamespaced: true))
    #expect(kind.shortNames == ["deploy"])
    #expect(kind.categories == ["all"])
    #expect(kind.subresources == ["scale", "status"])
    #expect(kind.scale?.replicas == ".spec.replicas")
    #expect(kind.scale?.observedReplicas == ".status.replicas")
    #expect(kind.scale?.selector == ".spec.selector")
    #expect(kind.since == "1.9")
    #expect(
      kind.countsGenerations && kind.allowsUnconditionalUpdate && !kind.createsOnUpdate && kind.isStored)
    #expect(kind.columns.map(\.title).prefix(3) == ["Ready", "Up-to-date", "Available"])
    #expect(kind.columns[1].type == "integer" && kind.columns[1].path == ".status.updatedReplicas")
    #expect(kind.columns.last?.isWide == true)
    let lease = try #require(document.kind(GroupKind(group: "coordination.k8s.io", kind: "Lease")))
    #expect(!lease.allowsUnconditionalUpdate && lease.createsOnUpdate)
    let review = try #require(document.kind(GroupKind(group: "authentication.k8s.io", kind: "TokenReview")))
    #expect(review.verbs == ["create"] && !review.isStored && !review.isNamespaced)
    #expect(document.kind(GroupKind(group: "autoscaling", kind: "Scale"))?.plural == nil)
    #expect(document.kind(GroupKind(group: "apps", kind: "Service")) == nil)
    #expect(document.resourceType(apiVersion: "apps/v1", kind: "Deployment") == kind.resourceType)
    #expect(document.resourceType(apiVersion: "apps/v1beta1", kind: "Deployment") == nil)
    #expect(document.resourceType(apiVersion: "v1", kind: "Deployment") == nil)
  }

  @Test func `fields are read with marks, types, numbers and attributes`() throws {
    let ports = try field("ServiceSpec", "ports")
    #expect(ports.type == .list(.type(TypeName(section: "core", name: "ServicePort"))))
    #expect(ports.number == 1)
    #expect(ports.attributes == [.listMap(keys: ["port", "protocol"]), .merge(key: nil)])
    let replicas = try field("DeploymentSpec", "replicas", in: "apps")
    #expect(replicas.distinguishesZero && replicas.defaultValue == .value(1) && !replicas.isOmittedWhenZero)
    #expect(try field("DeploymentSpec", "paused", in: "apps").isOmittedWhenZero)
    #expect(try field("DeploymentSpec", "selector", in: "apps").attributes == [.immutable])
    #expect(try field("Pod", "spec").isAlwaysWritten)
    #expect(try field("Container", "imagePullPolicy").defaultValue == .imagePullPolicy)
    #expect(try field("ServicePort", "targetPort").defaultValue == .copy(of: "port"))
    #expect(
      try field("ServiceSpec", "internalTrafficPolicy").defaultValue
        == .ifSibling("type", isOneOf: ["ClusterIP", "NodePort", "LoadBalancer"], "Cluster"))
    #expect(try field("ServiceSpec", "ipFamilies").values == ["", "IPv4", "IPv6"])
    #expect(
      try field("CertificateSigningRequestSpec", "usages", in: "certificates").values?.contains("any") == true
    )
    #expect(try field("Secret", "data").type == .map(.scalar(.bytes)))
    #expect(try field("UserInfo", "extra", in: "authentication").type == .map(.list(.scalar(.string))))
  }

  @Test func `a name is looked up in its own section before the common one`() throws {
    let core = try field("Event", "series").type
    let events = try field("Event", "series", in: "events").type
    #expect(core == .type(TypeName(section: "core", name: "EventSeries")))
    #expect(events == .type(TypeName(section: "events", name: "EventSeries")))
    #expect(try field("Event", "metadata").type == .type(TypeName(section: "meta", name: "ObjectMeta")))
    #expect(
      try field("DeploymentSpec", "template", in: "apps").type
        == .type(TypeName(section: "core", name: "PodTemplateSpec")))
  }

  @Test func `members that JSON has inline take the place of their message`() throws {
    let volume = try #require(document.type(TypeName(section: "core", name: "Volume")))
    #expect(volume.fields.map(\.name) == ["name", "*"])
    #expect(try field("Volume", "secret").number == 6)
    #expect(try field("RuleWithOperations", "apiGroups", in: "admissionregistration").number == 1)
  }

  @Test func `every type that a field names is there, and everything is understood`() {
    for name in document.typeNames {
      let type = document.type(name)
      #expect(type?.fields.isEmpty == false, "\(name)")
      for field in type?.fields ?? [] {
        if let inner = field.type.typeName { #expect(document.type(inner) != nil, "\(name).\(field.name)") }
        for case .other(let text) in field.attributes { Issue.record("\(name).\(field.name): \(text)") }
        if case .value(let value)? = field.defaultValue { #expect(!value.isNull) }
      }
    }
  }

  @Test func `a document is read as far as it makes sense`() {
    let document = SchemaDocument(
      """
      # nothing
      Lost field:string
      @a a.example/v1 Module
      kind Thing things namespaced columns
        columns A|B:integer=.b+
        at spec.x immutable
      Thing spec!:Spec/2 broken nothing:
        more~:{[string]};odd(1)
      Spec;atomic;swift=ThingSpec x?:int32;=3
      """)
    let thing = document.kind(GroupKind(group: "a.example", kind: "Thing"))
    #expect(thing?.columns.map(\.title) == ["A", "B"])
    #expect(thing?.rules.map(\.path) == ["spec.x"])
    #expect(thing?.rules.first?.attribute == .immutable)
    let type = document.type(TypeName(section: "a", name: "Thing"))
    #expect(type?.fields.map(\.name) == ["spec", "more"])
    #expect(type?.fields.last?.attributes == [.other("odd(1)")])
    #expect(document.type(TypeName(section: "a", name: "Spec"))?.swiftName == "ThingSpec")
    #expect(SchemaDocument("").kinds.isEmpty)
    #expect(document.closure(of: TypeName(section: "a", name: "Thing")).count == 2)
  }
}
