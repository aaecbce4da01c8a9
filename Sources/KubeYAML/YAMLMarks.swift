import KubeCore

/// The places of a document's nodes: one small record per node, in the order of the document, so
/// that recording them costs next to nothing.
struct YAMLMarks: Sendable {
  struct Mark: Sendable {
    var line: UInt32
    var column: UInt32
    /// The index of the first record after this node and its descendants.
    var end: UInt32
    /// The member's name, where the node is a member of a mapping; the place is then that of the
    /// key.
    var key: String?
  }

  let file: String
  var nodes: [Mark] = []

  init(file: String) { self.file = file }

  /// Creates marks of one place only.
  init(location: YAMLLocation) {
    file = location.file
    nodes = [
      Mark(
        line: UInt32(clamping: location.line), column: UInt32(clamping: location.column), end: 1, key: nil)
    ]
  }

  func location(of path: FieldPath) -> YAMLLocation {
    var node = 0
    for step in path.steps {
      guard let next = child(of: node, at: step) else { break }
      node = next
    }
    return location(ofNode: node)
  }

  func location(ofNode node: Int) -> YAMLLocation {
    guard nodes.indices.contains(node) else { return YAMLLocation(file: file, line: 1, column: 1) }
    return YAMLLocation(file: file, line: Int(nodes[node].line), column: Int(nodes[node].column))
  }

  /// The indices of a node's children.
  func children(of node: Int) -> some Sequence<Int> {
    let end = nodes.indices.contains(node) ? Int(nodes[node].end) : 0
    return sequence(state: node + 1) { next -> Int? in
      guard next < end, nodes.indices.contains(next) else { return nil }
      defer { next = max(Int(nodes[next].end), next + 1) }
      return next
    }
  }

  private func child(of node: Int, at step: FieldPath.Step) -> Int? {
    switch step {
    case .field(let name), .key(let name):
      return children(of: node).first { nodes[$0].key == name }
    case .index(let index):
      guard index >= 0 else { return nil }
      return children(of: node).dropFirst(index).first { nodes[$0].key == nil }
    }
  }
}
