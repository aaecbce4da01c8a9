import GatewayAPI
import KubeCore
import KubeKindsCore
import KubeReconcile

/// The already handled values of the annotations that request a rotation.
///
/// The rotated Secret records the last one in the same write; the gateway's ServiceAccount keeps
/// it, since a person's `replace` of the Secret drops its annotations.
struct HandledRequests {
  /// The handled values of `GatewayAnnotations.rotateCA`.
  private(set) var ca: Set<String> = []
  /// The handled values of `GatewayAnnotations.rotateServing`.
  private(set) var serving: Set<String> = []

  init(_ objects: ObservedObjects, signer: ObjectKey, serving secret: ObjectKey) {
    func noted(on key: ObjectKey) -> [String] {
      [objects[key]?.metadata.annotations[GatewayAnnotations.rotatedFor]].compactMap(\.self)
    }
    ca.formUnion(noted(on: signer))
    serving.formUnion(noted(on: secret))
    for account in objects.all(ServiceAccount.type.groupKind)
    where account.metadata.name == GatewayNames.serviceAccount && ManagerIdentity.owns(account) {
      ca.formUnion([account.metadata.annotations[GatewayAnnotations.handledRotateCA]].compactMap(\.self))
      serving.formUnion(
        [account.metadata.annotations[GatewayAnnotations.handledRotateServing]].compactMap(\.self))
    }
  }

  /// The annotations with which the ServiceAccount keeps the handled ones of `rotationRequests`, in
  /// addition to those that it has already.
  func annotations(rotationRequests: [String: String], observed: [String: String]) -> [String: String] {
    func handled(_ request: String?, _ handled: Set<String>, _ annotation: String) -> String? {
      request.flatMap { handled.contains($0) ? $0 : nil } ?? observed[annotation]
    }
    return [
      GatewayAnnotations.handledRotateCA: handled(
        rotationRequests[GatewayAnnotations.rotateCA], ca, GatewayAnnotations.handledRotateCA),
      GatewayAnnotations.handledRotateServing: handled(
        rotationRequests[GatewayAnnotations.rotateServing], serving, GatewayAnnotations.handledRotateServing),
    ].compactMapValues { $0 }
  }
}
