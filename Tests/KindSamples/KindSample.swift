package import KubeCore
import Testing

/// An object of one built-in kind, and the server's result.
package struct KindSample: Sendable, CustomTestStringConvertible {
  package var group: String
  package var kind: String
  /// The members besides `apiVersion`, `kind` and `metadata`, without defaults.
  package var members: JSONValue
  /// The server's defaults, by path.
  package var defaults: [(path: [String], value: JSONValue)] = []
  /// A path whose value is refused when it is this (missing for `nil`), and the field in the
  /// refusal.
  package var wrong: (path: [String], value: JSONValue?, field: String)?
  /// The name, where a name is not free: `NAME` stands for one that is.
  package var name = "NAME"

  package var testDescription: String { group.isEmpty ? kind : "\(kind).\(group)" }

  package var groupKind: GroupKind { GroupKind(group: group, kind: kind) }

  /// The object under a free name, for a namespace.
  package func document(_ type: ResourceType, _ free: String, in namespace: String) -> JSONValue {
    var document = KindSample.filled(members, ["NAME": free, "SPACE": namespace])
    document["apiVersion"] = .string(type.apiVersion)
    document["kind"] = .string(kind)
    document["metadata"] = ["name": .string(objectName(free))]
    return document
  }

  package func objectName(_ free: String) -> String { name.replacing("NAME", with: free) }

  /// The object with the invalid value; `nil` where there is none.
  package func wrongDocument(_ type: ResourceType, _ free: String, in namespace: String) -> JSONValue? {
    guard let wrong else { return nil }
    var document = document(type, free, in: namespace)
    document.set(wrong.value, at: wrong.path)
    return document
  }

  private static func filled(_ value: JSONValue, _ words: [String: String]) -> JSONValue {
    switch value {
    case .string(let text): .string(words.reduce(text) { $0.replacing($1.key, with: $1.value) })
    case .object(let members):
      .object(JSONObject(members.map { ($0.key, filled($0.value, words)) }))
    case .array(let items): .array(items.map { filled($0, words) })
    case .null, .bool, .number, .secret: value
    }
  }
}
