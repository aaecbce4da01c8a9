package import KubeCore

/// The `apiVersion` and `kind` that an answer must bear to be what was asked for.
///
/// Something between client and server may answer 200 with JSON of its own. Taken for a list, that would be one
/// without objects; taken for an object, one without fields.
package struct AnswerKind: Sendable, Hashable {
  var apiVersion: String
  var kind: String
  /// Whether the answer may leave its `apiVersion` out, as API servers do when they are asked what they serve
  /// of the core group.
  var mayOmitVersion = false

  /// What a server says of what it serves.
  static func discovery(_ kind: String) -> AnswerKind {
    AnswerKind(apiVersion: "v1", kind: kind, mayOmitVersion: true)
  }

  /// Metadata alone, which is all that a request for metadata is answered with (KEP-2334).
  static let metadata = AnswerKind(apiVersion: "meta.k8s.io/v1", kind: "PartialObjectMetadata")

  /// The list of objects of this kind.
  var list: AnswerKind { AnswerKind(apiVersion: apiVersion, kind: kind + "List") }

  /// Throws, at the field that differs, unless `reader`'s object bears this `apiVersion` and `kind`.
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
  /// The kind `type`, in its version.
  package init(_ type: ResourceType) { self.init(apiVersion: type.apiVersion, kind: type.kind) }

  /// What each object of `selection` is answered as.
  init(_ selection: ResourceSelection) {
    self = selection.isMetadataOnly ? .metadata : AnswerKind(selection.type)
  }

  /// What a write of `document` to `key`, or to a subresource of it, is answered with: the kind that was sent, where
  /// the document says it, else the object's own; `nil` where a subresource's kind isn't known.
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
  /// Throws a bad response unless `json`, the answer to `request`, is of `expected`.
  static func require(_ expected: AnswerKind?, _ json: JSONValue?, of request: KubeRequest) throws(KubeError)
  {
    guard let expected else { return }
    do {
      try expected.require(of: FieldReader(json))
    } catch {
      throw badResponse(request, "the answer is no \(expected.kind) of \(expected.apiVersion)")
    }
  }
}
