public import KubeCore

extension ClusterGatewayConfiguration {
  /// The name of the CustomResourceDefinition.
  package static let definitionName = type.qualifiedPlural

  /// The fields of a configuration's document that an API server with this
  /// CustomResourceDefinition drops, such as another release's.
  package static func fields(of document: JSONValue, droppedBy definition: JSONValue) -> [FieldPath] {
    schema(in: definition).map { document.undeclaredFields(in: $0) }?.map(\.path) ?? []
  }

  /// All problems of a configuration's document: unknown fields, the first field of a wrong JSON
  /// type, or else all problems that ``validate()`` finds. Unknown fields of the status, which a
  /// newer manager may have written, are none.
  public static func problems(in document: JSONValue) -> [FieldError] {
    var withoutStatus = document
    withoutStatus["status"] = nil
    let unknown = unknownFields(in: withoutStatus)
    do throws(FieldError) {
      return unknown + (try ClusterGatewayConfiguration(from: FieldReader(document))).validate()
    } catch {
      return unknown + [error]
    }
  }
}
