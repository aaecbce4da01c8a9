import KubeCore
import KubeSchemas

/// Where objects of a kind keep what the `scale` subresource shows of them.
struct ScalePaths: Sendable, Hashable {
  /// How many replicas are wanted.
  var replicas: [String]
  /// How many there are.
  var observedReplicas: [String]
  /// Which pods are meant: a selector as text, or a LabelSelector.
  var selector: [String]?

  /// Those of a built-in kind.
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

  /// What a CustomResourceDefinition says in `subresources.scale`; `nil` where that is nothing or can't be read.
  init?(_ definition: JSONValue?) {
    guard let definition, let replicas = ScalePaths.path(definition["specReplicasPath"]),
      let observed = ScalePaths.path(definition["statusReplicasPath"])
    else { return nil }
    self.init(
      replicas: replicas, observedReplicas: observed,
      selector: ScalePaths.path(definition["labelSelectorPath"]))
  }

  /// The members that a path without indices leads through, such as `.spec.replicas`.
  private static func path(_ value: JSONValue?) -> [String]? {
    guard let text = value?.string, text.hasPrefix(".") else { return nil }
    let names = text.dropFirst().split(separator: ".", omittingEmptySubsequences: false).map { String($0) }
    let isPlain = names.count > 1 && names.allSatisfy { !$0.isEmpty && !$0.contains { "[]*".contains($0) } }
    return isPlain ? names : nil
  }

  /// What is wrong with the `subresources.scale` at `field` of a CustomResourceDefinition.
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
            "\(field).\(name)", JSONWriter().text(value),
            "should be a json path under \(places), without indices"))
      }
    }
    return causes
  }
}
