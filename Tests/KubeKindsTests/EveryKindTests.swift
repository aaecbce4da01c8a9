import GatewayAPI
import KubeCore
import KubeSchemas
import Testing

/// The typed kinds of one document of facts.
struct TypedKinds: Sendable, CustomTestStringConvertible {
  var name: String
  var document: SchemaDocument
  var kinds: [any (KubeObject & JSONView).Type]
  /// The minimum number of objects with unknown members, and of values that are replaced by wrong
  /// ones.
  var unknownMembers: Int
  var wrongValues: Int

  var testDescription: String { name }

  /// The typed kinds with their facts.
  var pairs: [(kind: any (KubeObject & JSONView).Type, schema: KindSchema)] {
    Array(zip(kinds, document.kinds.filter { $0.plural != nil }))
  }

  static let all = [
    TypedKinds(
      name: "Kubernetes", document: KubernetesSchema.document, kinds: allKinds, unknownMembers: 4_000,
      wrongValues: 2_000),
    TypedKinds(
      name: "Open Cluster Management", document: OpenClusterManagementSchema.document,
      kinds: [
        ClusterManagementAddOn.self, ManagedClusterAddOn.self, V1Alpha1.ClusterManagementAddOn.self,
        V1Alpha1.ManagedClusterAddOn.self, ManagedCluster.self, ManagedServiceAccount.self,
        V1Alpha1.ManagedServiceAccount.self, ManifestWork.self,
      ], unknownMembers: 400, wrongValues: 200),
  ]
}

@Suite struct EveryKindTests {
  @Test(arguments: TypedKinds.all) func `every kind that the schema serves is a typed value`(set: TypedKinds)
  {
    let served = set.document.kinds.compactMap(\.resourceType)
    #expect(set.kinds.map { kind in kind.type } == served)
    #expect(Set(served).count == served.count)
  }

  private func roundTrip<Kind: KubeObject & JSONView>(_ kind: Kind.Type, _ object: JSONValue) throws {
    let hidden = try DynamicObject.decode(object, as: kind)
    let open = try Kind(from: FieldReader(object))
    #expect(hidden == open)
    #expect(JSONWriter(secrets: .revealed).text(open.json) == JSONWriter().text(object))
    // Through a property and back.
    var changed = open
    changed.metadata.labels["added"] = "1"
    #expect(changed != open)
    changed.metadata.labels = open.metadata.labels
    #expect(changed.metadata.fields["x-unknown"] != nil)
    #expect(changed.metadata.fields == open.metadata.fields)
    #expect(changed == open)
  }

  @Test(arguments: TypedKinds.all)
  func `a round trip through a typed value loses nothing, at any depth`(set: TypedKinds) throws {
    var unknown = 0
    for (index, (kind, schema)) in set.pairs.enumerated() {
      var generator = ObjectGenerator(set.document, seed: UInt64(index))
      for _ in 0..<16 {
        var object = generator.object(schema)
        unknown += generator.unknownMembers
        // Empty maps of labels are the same as none, and a getter and setter leave them out.
        let labels: JSONValue = ["a": "b"]
        if object.value(at: "metadata", "labels") == nil { object.set(labels, at: ["metadata", "labels"]) }
        try roundTrip(kind, object)
      }
    }
    #expect(unknown > set.unknownMembers)
  }

  private func failure<Kind: KubeObject & JSONView>(_ kind: Kind.Type, _ object: JSONValue) -> FieldError? {
    do throws(FieldError) {
      _ = try Kind(from: FieldReader(object))
      return nil
    } catch { return error }
  }

  /// Metadata that have no property.
  private let unread: Set<FieldPath.Step> = [
    .field("managedFields"), .field("deletionGracePeriodSeconds"), .field("selfLink"), .field("generateName"),
  ]
  private let unreadOfTemplates: Set<FieldPath.Step> = [
    .field("uid"), .field("resourceVersion"), .field("generation"), .field("creationTimestamp"),
    .field("deletionTimestamp"), .field("ownerReferences"),
  ]

  /// Whether the path leads to a member of the metadata of a template.
  private func isTemplateMetadata(_ path: FieldPath) -> Bool {
    path.steps.dropFirst().contains(.field("metadata"))
  }

  @Test(arguments: TypedKinds.all) func `a value of a wrong type is named with its path`(set: TypedKinds) {
    var count = 0
    for (index, (kind, schema)) in set.pairs.enumerated() {
      var generator = ObjectGenerator(set.document, seed: UInt64(1000 + index))
      for (object, place) in (0..<3).flatMap({ _ in
        let object = generator.object(schema)
        return generator.places.map { (object, $0) }
      }) where !place.path.isEmpty {
        let path = FieldPath(place.path)
        // Objects that are only returned may have any metadata.
        if path.description.hasPrefix("metadata") && !schema.isStored { continue }
        if path.steps.contains(where: { unread.contains($0) }) { continue }
        if isTemplateMetadata(path), path.steps.contains(where: { unreadOfTemplates.contains($0) }) {
          continue
        }
        let error = failure(kind, object.replacing(place.path[...], with: place.wrong))
        #expect(error?.path == path, "\(kind.type.kind) \(path)")
        count += 1
      }
    }
    #expect(count > set.wrongValues)
  }

  @Test(arguments: TypedKinds.all) func `a required scalar that is missing is named with its path`(
    set: TypedKinds
  ) {
    for (kind, schema) in set.pairs {
      guard schema.isStored else { continue }
      let error = failure(kind, ["apiVersion": .string(schema.apiVersion), "metadata": ["labels": [:]]])
      #expect(error?.problem == "is required")
    }
  }
}
