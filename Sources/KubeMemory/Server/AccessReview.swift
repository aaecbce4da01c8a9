import HTTPTypes
import KubeCore
import KubeTransport

extension MemoryAPIServer {
  /// Where a client asks whether it may do something (`kubectl auth can-i`).
  static let accessReviewPath = ["apis", "authorization.k8s.io", "v1", "selfsubjectaccessreviews"]

  /// Answers a SelfSubjectAccessReview with the truth: nobody is held back here.
  func reviewAccess(_ request: KubeRequest) throws(APIFailure) -> MemoryResponse {
    guard request.method == .post else { throw .methodNotAllowed }
    let body = request.body?.exposed() ?? []
    let kind = "SelfSubjectAccessReview"
    var review: JSONValue = ["kind": .string(kind), "apiVersion": "authorization.k8s.io/v1", "metadata": [:]]
    // Whatever the question, the answer is the same: one in protobuf needn't be read.
    if !body.starts(with: ProtobufBody.magic) {
      guard let json = try? JSONParser().parse(body), json["kind"]?.string == kind else {
        throw .badRequest("the body is not a \(kind)")
      }
      review = json
    }
    review["status"] = [
      "allowed": true, "reason": "this in-memory server authorises nobody: everyone may do everything",
    ]
    return .json(review, code: 201)
  }
}
