import GatewayAPI
import KubeCore
import KubeKindsCore

/// The values of the annotations that ask for a rotation which were obeyed already.
///
/// The rotated Secret notes the last one in the same write; the gateway's ServiceAccount keeps it, since a person's
/// `replace` of the Secret drops what is noted there.
struct HandledRequests {
  /// Of ``GatewayAnnotations/rotateCA``.
  private(set) var ca: Set<String> = []
  /// Of ``GatewayAnnotations/rotateServing``.
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

  /// The annotations by which the ServiceAccount keeps what was handled of `wishes`, beside what it has of them
  /// already.
  func annotations(wishes: [String: String], observed: [String: String]) -> [String: String] {
    func handled(_ wish: String?, _ handled: Set<String>, _ annotation: String) -> String? {
      wish.flatMap { handled.contains($0) ? $0 : nil } ?? observed[annotation]
    }
    return [
      GatewayAnnotations.handledRotateCA: handled(
        wishes[GatewayAnnotations.rotateCA], ca, GatewayAnnotations.handledRotateCA),
      GatewayAnnotations.handledRotateServing: handled(
        wishes[GatewayAnnotations.rotateServing], serving, GatewayAnnotations.handledRotateServing),
    ].compactMapValues { $0 }
  }
}
