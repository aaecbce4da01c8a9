import KubeCore
import KubeTransport

extension MemoryAPIServer {
  mutating func patch(_ request: ResourceRequest) throws(APIFailure) -> MemoryResponse {
    switch request.mediaType {
    case "application/apply-patch+yaml": return try apply(request)
    case "application/json-patch+json", "application/merge-patch+json": break
    case StrategicMergePatch.mediaType where !request.rules.isCustom: break
    default:
      let strategic = request.rules.isCustom ? "" : StrategicMergePatch.mediaType + ", "
      throw .unsupportedMediaType(
        "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, \(strategic)application/apply-patch+yaml"
      )
    }
    if request.request.queryValue("force") != nil {
      throw .invalidOption(
        "PatchOptions", .forbidden("force", "may not be specified for non-apply patch"))
    }
    if let paths = request.scale { return try writeScale(request, paths) }
    let document = try document(request)
    let live = try existing(request)
    let before = visible(live, request.type)
    var after = try patched(before, by: document, request)
    let metadata = after["metadata"]
    var causes: [APIFailure.Cause] = []
    for (field, value) in [("name", live.name), ("namespace", live.namespace)] {
      if let text = metadata?[field]?.string, !text.isEmpty, text != value {
        throw .badRequest(
          "the \(field) of the object (\(text)) does not match the \(field) on the URL (\(value))")
      }
    }
    if let uid = metadata?["uid"]?.string, !uid.isEmpty, uid != live.uid {
      causes.append(
        .invalid("metadata.uid", value: JSONWriter().text(.string(uid)), problem: "field is immutable"))
    }
    let isStatusOfCustom = request.subresource == "status" && request.rules.isCustom
    guard causes.isEmpty || isStatusOfCustom else {
      throw .invalid(request.type, name: live.name, causes: causes)
    }
    if after.value(at: "metadata", "resourceVersion") == nil {
      after.set(before.value(at: "metadata", "resourceVersion"), at: ["metadata", "resourceVersion"])
    }
    return try change(live, to: after, request)
  }

  /// The state `before` after a patch of the request's media type.
  func patched(_ before: JSONValue, by document: JSONValue, _ request: ResourceRequest) throws(APIFailure)
    -> JSONValue
  {
    var after: JSONValue
    if request.mediaType == "application/json-patch+json" {
      after = try patched(before, by: document)
    } else {
      guard document.object != nil else {
        throw .badRequest("a merge patch must be an object, found \(document.kindName)")
      }
      after =
        request.mediaType == StrategicMergePatch.mediaType
        ? try strategicallyPatched(before, by: document, request) : MergePatch.apply(document, to: before)
    }
    guard after.object != nil else { throw .badRequest("the patch makes the object \(after.kindName)") }
    for field in ["apiVersion", "kind"] where after[field] != before[field] {
      guard request.scale == nil else { throw .badRequest("a patch can't change apiVersion or kind") }
      let (value, expected) = (after[field]?.string ?? "", before[field]?.string ?? "")
      if !request.rules.isCustom, value.isEmpty || request.mediaType == StrategicMergePatch.mediaType {
        // The path determines a built-in kind.
        after[field] = before[field]
      } else if request.rules.isCustom, !value.isEmpty {
        let name = before.value(at: "metadata", "name")?.string ?? ""
        throw .invalid(
          request.type, name: name,
          causes: [.invalid(field, value: APIFailure.quoted(value), problem: "must be \(expected)")])
      } else {
        // Never the document itself, which may be a Secret.
        let cause = APIFailure.Cause.invalid(
          "patch", value: "<the patched object>",
          problem: "its \(field) is \(APIFailure.quoted(value)), not \(expected)")
        throw APIFailure(
          code: 422, reason: "Invalid", message: " \"\" is invalid: \(cause.field): \(cause.message)",
          details: ["causes": [cause.json]])
      }
    }
    return after
  }

  private func strategicallyPatched(_ object: JSONValue, by patch: JSONValue, _ request: ResourceRequest)
    throws(APIFailure) -> JSONValue
  {
    do throws(StrategicMergePatch.Problem) {
      return try StrategicMergePatch(table: request.version.table).apply(patch, to: object)
    } catch {
      switch error.code {
      case 422:
        throw APIFailure(code: 422, reason: "Invalid", message: error.description, details: [:])
      case 500: throw .unclassified(error.description)
      default: throw .badRequest(error.description)
      }
    }
  }

  private func patched(_ object: JSONValue, by document: JSONValue) throws(APIFailure) -> JSONValue {
    do throws(JSONPatchDocument.Problem) {
      return try JSONPatchDocument(document).applied(to: object)
    } catch {
      switch error {
      case .malformed(let problem): throw .badRequest("error decoding patch: \(problem)")
      case .tooLong(let problem): throw .tooLarge("Request entity too large: \(problem)")
      case .inapplicable:
        // The real server doesn't name the operation.
        throw APIFailure(
          code: 422, reason: "Invalid",
          message: "the server rejected our request due to an error in our request", details: [:])
      }
    }
  }
}
