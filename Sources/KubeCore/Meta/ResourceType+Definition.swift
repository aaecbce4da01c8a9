extension ResourceType {
  /// The CustomResourceDefinition of this kind, for `kubectl apply` and for tests: one version, which is served and
  /// stored, with `status` as a subresource.
  ///
  /// - Parameters:
  ///   - schema: The OpenAPI schema (v3.0) of an object; it says what is required, and by what lists are keyed.
  ///   - shortNames: Names that kubectl takes besides the plural and the singular.
  ///   - columns: What `kubectl get` shows besides the name, by title: the JSON path of a text. The age comes last.
  public func definition(
    schema: JSONValue, shortNames: [String] = [], columns: KeyValuePairs<String, String> = [:]
  ) -> JSONValue {
    var printed = columns.map { name, path -> JSONValue in
      ["name": .string(name), "type": "string", "jsonPath": .string(path)]
    }
    if !printed.isEmpty {
      printed.append(["name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"])
    }
    return [
      "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
      "metadata": ["name": .string(qualifiedPlural)],
      "spec": [
        "group": .string(group), "scope": isNamespaced ? "Namespaced" : "Cluster",
        "names": .fields([
          "kind": .string(kind), "listKind": .string(kind + "List"), "plural": .string(plural),
          "singular": .string(kind.lowercased()),
          "shortNames": shortNames.isEmpty ? nil : .array(shortNames.map { .string($0) }),
        ]),
        "versions": [
          .fields([
            "name": .string(version), "served": true, "storage": true,
            "schema": ["openAPIV3Schema": schema], "subresources": ["status": [:]],
            "additionalPrinterColumns": printed.isEmpty ? nil : .array(printed),
          ])
        ],
      ],
    ]
  }
}
