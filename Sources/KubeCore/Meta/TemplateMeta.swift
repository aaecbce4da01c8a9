/// The metadata that a template gives to the objects created from it.
public struct TemplateMeta: JSONView {
  /// The types of the members.
  public static let shape = ObjectShape(
    "annotations:{string} finalizers:[string] labels:{string} name:string namespace:string")

  /// The metadata's members.
  public var fields: JSONObject

  /// Creates a view over `fields` without a check.
  public init(unchecked fields: JSONObject) { self.fields = fields }

  /// The objects' labels.
  public var labels: [String: String] {
    get { fields.stringMap("labels") }
    set { fields.set("labels", newValue) }
  }
  /// The objects' annotations.
  public var annotations: [String: String] {
    get { fields.stringMap("annotations") }
    set { fields.set("annotations", newValue) }
  }
  /// The objects' finalizers.
  public var finalizers: [String] {
    get { fields.strings("finalizers") }
    set { fields.set("finalizers", newValue) }
  }

  /// Creates the metadata of a template.
  public init(
    labels: [String: String] = [:], annotations: [String: String] = [:], finalizers: [String] = []
  ) {
    fields = [:]
    self.labels = labels
    self.annotations = annotations
    self.finalizers = finalizers
  }
}
