public import KubeReconcile
public import KubeTransport

extension ResourceSelection {
  /// Creates the selection to list and watch for a selection of an operator.
  public init(_ selection: ObjectSelection) {
    let labels = selection.labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    self.init(
      selection.type, namespace: selection.namespace,
      labelSelector: labels.isEmpty ? nil : labels.joined(separator: ","),
      fieldSelector: selection.name.map { "metadata.name=\($0)" })
  }
}
