import GatewayAPI
package import KubeCore
import KubeReconcile

extension DynamicObject {
  /// The object reduced to the parts that plans look at or the manager owns, with its managedFields
  /// parsed: plans from reduced objects and from whole ones are the same.
  package var reducedForPlans: DynamicObject {
    ManagerIdentity.rules.reducingManagedFields(of: DynamicObject.withoutOthersParts(self))
  }

  /// The object without the parts that are never looked at. One that can't be decoded stays whole,
  /// so that it is reported.
  private static func withoutOthersParts(_ object: DynamicObject) -> DynamicObject {
    var json = object.json
    switch object.groupKind {
    case ManagedCluster.type.groupKind:
      guard (try? object.decode(ManagedCluster.self)) != nil else { return object }
      let annotations = only(
        [OCMAnnotations.disableAutomaticInstallation], of: json.value(at: "metadata", "annotations"))
      json.set(nil, at: ["metadata", "managedFields"])
      json.set(nil, at: ["metadata", "finalizers"])
      json.set(annotations, at: ["metadata", "annotations"])
      // Whether there is a URL matters, not which.
      let configs = json.value(at: "spec", "managedClusterClientConfigs")?.array?.prefix(1).map {
        only(["url"], of: $0) ?? [:]
      }
      json["spec"] = .fields([
        "hubAcceptsClient": json.value(at: "spec", "hubAcceptsClient"),
        "managedClusterClientConfigs": configs.map { .array($0) },
      ])
      let available = json.value(at: "status", "conditions")?.array?.filter {
        $0["type"]?.string == ManagedCluster.ConditionType.available
      }
      json["status"] = available.map { ["conditions": .array($0)] }
    case ManifestWork.type.groupKind:
      guard (try? object.decode(ManifestWork.self)) != nil else { return object }
      json.set(nil, at: ["status", "resourceStatus"])
    case ManagedServiceAccount.type.groupKind:
      guard (try? object.decode(ManagedServiceAccount.self)) != nil else { return object }
      json["status"] = only(["expirationTimestamp"], of: json["status"])
    default: return object
    }
    return object.reduced(to: json)
  }

  /// The members of an object that have one of these names; `nil` where there are none.
  private static func only(_ names: [String], of value: JSONValue?) -> JSONValue? {
    let members = names.compactMap { name in value?[name].map { (name, $0) } }
    return members.isEmpty ? nil : .object(JSONObject(members))
  }
}
