package import KubeCore

/// The `apiVersion` and `kind` that a response must have to match its request.
///
/// An intermediary between client and server may answer 200 with JSON of its own. Read as a list,
/// it would have no objects; read as an object, no fields.
package struct AnswerKind: Sendable, Hashable {
  var apiVersion: String
  var kind: String
  /// Whether the response may omit its `apiVersion`, as API servers do in the discovery of the core
  /// group.
  var mayOmitVersion = false

  /// The kind of a discovery document.
  static func discovery(_ kind: String) -> AnswerKind {
    AnswerKind(apiVersion: "v1", kind: kind, mayOmitVersion: true)
  }

  /// The kind of metadata alone, the response to every request for metadata (KEP-2334).
  static let metadata = AnswerKind(apiVersion: "meta.k8s.io/v1", kind: "PartialObjectMetadata")

  /// The kind of a list of these objects.
  var list: AnswerKind { AnswerKind(apiVersion: apiVersion, kind: kind + "List") }

  /// Throws, with the path of the differing field, unless `reader`'s object has this `apiVersion`
  /// and `kind`.
  func require(of reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    let version = reader["apiVersion"].value
    guard version == .string(apiVersion) || version == nil && mayOmitVersion else {
      throw reader["apiVersion"].failure("is not \(apiVersion)")
    }
    guard reader["kind"].value == .string(kind) else { throw reader["kind"].failure("is not \(kind)") }
  }
}

extension AnswerKind {
  /// Creates the kind of `type` in its version.
  package init(_ type: ResourceType) { self.init(apiVersion: type.apiVersion, kind: type.kind) }

  /// Creates the kind of each object in the response for `selection`.
  init(_ selection: ResourceSelection) {
    self = selection.isMetadataOnly ? .metadata : AnswerKind(selection.type)
  }

  /// Creates the kind of the response to a write of `document` to `key` or a subresource of it: the
  /// kind that was sent, where the document has one, else the object's own; `nil` where a
  /// subresource's kind isn't known.
  init?(writing document: JSONValue, to key: ObjectKey, subresource: String?) {
    if let apiVersion = document["apiVersion"]?.string, let kind = document["kind"]?.string {
      self.init(apiVersion: apiVersion, kind: kind)
    } else if subresource == nil || subresource == "status" {
      self.init(key.type)
    } else {
      return nil
    }
  }
}

extension KubeClient {
  /// Throws ``KubeError/Code/badResponse`` unless `json`, the response to `request`, is of
  /// `expected`.
  static func require(_ expected: AnswerKind?, _ json: JSONValue?, of request: KubeRequest) throws(KubeError)
  {
    guard let expected else { return }
    do {
      try expected.require(of: FieldReader(json))
    } catch {
      throw badResponse(request, "the response is not a \(expected.kind) of \(expected.apiVersion)")
    }
  }
}
