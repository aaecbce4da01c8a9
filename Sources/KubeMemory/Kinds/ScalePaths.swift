import KubeCore
import KubeSchemas

/// The paths of the fields of a kind that its `scale` subresource shows.
struct ScalePaths: Sendable, Hashable {
  /// The path of the desired number of replicas.
  var replicas: [String]
  /// The path of the observed number of replicas.
  var observedReplicas: [String]
  /// The path of the pod selector: a string or a LabelSelector.
  var selector: [String]?

  /// Creates the paths of a built-in kind.
  init?(_ scale: KindSchema.Scale) {
    guard let replicas = ScalePaths.path(.string(scale.replicas)),
      let observed = ScalePaths.path(.string(scale.observedReplicas))
    else { return nil }
    self.init(
      replicas: replicas, observedReplicas: observed,
      selector: ScalePaths.path(scale.selector.map { .string($0) }))
  }

  init(replicas: [String], observedReplicas: [String], selector: [String]?) {
    self.replicas = replicas
    self.observedReplicas = observedReplicas
    self.selector = selector
  }

  /// Creates the paths in a CustomResourceDefinition's `subresources.scale`; `nil` where it is
  /// absent or invalid.
  init?(_ definition: JSONValue?) {
    guard let definition, let replicas = ScalePaths.path(definition["specReplicasPath"]),
      let observed = ScalePaths.path(definition["statusReplicasPath"])
    else { return nil }
    self.init(
      replicas: replicas, observedReplicas: observed,
      selector: ScalePaths.path(definition["labelSelectorPath"]))
  }

  /// The members of a path without indices, such as `.spec.replicas`.
  private static func path(_ value: JSONValue?) -> [String]? {
    guard let text = value?.string, text.hasPrefix(".") else { return nil }
    let names = text.dropFirst().split(separator: ".", omittingEmptySubsequences: false).map { String($0) }
    let isPlain = names.count > 1 && names.allSatisfy { !$0.isEmpty && !$0.contains { "[]*".contains($0) } }
    return isPlain ? names : nil
  }

  /// The problems of the `subresources.scale` at `field` of a CustomResourceDefinition.
  static func problems(of definition: JSONValue, at field: String) -> [APIFailure.Cause] {
    var causes: [APIFailure.Cause] = []
    for (name, roots) in [
      ("specReplicasPath", ["spec"]), ("statusReplicasPath", ["status"]),
      ("labelSelectorPath", ["spec", "status"]),
    ] {
      let value = definition[name] ?? ""
      if value == "" {
        if name != "labelSelectorPath" { causes.append(.required("\(field).\(name)")) }
      } else if path(value).map({ !roots.contains($0[0]) }) ?? true {
        let places = roots.map { "." + $0 }.joined(separator: " or ")
        causes.append(
          .invalid(
            "\(field).\(name)", value: JSONWriter().text(value),
            problem: "should be a json path under \(places), without indices"))
      }
    }
    return causes
  }
}
