import HTTPTypes
import KubeCore
import KubeTransport

extension MemoryAPIServer {
  /// Where a client asks whether it may do something (`kubectl auth can-i`).
  static let accessReviewPath = ["apis", "authorization.k8s.io", "v1", "selfsubjectaccessreviews"]

  /// Answers a SelfSubjectAccessReview with the truth: nobody is held back here.
  func reviewAccess(_ request: KubeRequest) throws(APIFailure) -> MemoryResponse {
    guard request.method == .post else { throw .methodNotAllowed }
    guard var review = try? JSONParser().parse(request.body?.exposed() ?? []), review.object != nil,
      review["kind"] == "SelfSubjectAccessReview"
    else {
      throw .badRequest("the body is not a SelfSubjectAccessReview")
    }
    review["status"] = [
      "allowed": true, "reason": "this in-memory server authorises nobody: everyone may do everything",
    ]
    return .json(review, code: 201)
  }
}
