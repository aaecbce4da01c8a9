import KubeCore

extension [String: SecretBytes] {
  /// The data with a placeholder for each of `keys`, to prepare a write of them.
  func withPlaceholders(for keys: String...) -> Self {
    keys.reduce(into: self) { $0[$1] = SecretBytes(utf8: "placeholder") }
  }
}
