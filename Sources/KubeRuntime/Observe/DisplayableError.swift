import KubeCore
public import KubeTransport

/// An error whose description holds no secret, so that it may be shown in the log, in Events, in
/// probes' answers and in `/debug/state`, which a program may serve to any client.
///
/// Of every other error only the type is shown, and of a `FieldError` the field: a description
/// may quote a request, an answer or a credential.
public protocol DisplayableError: Error, CustomStringConvertible {}

extension KubeError: DisplayableError {}
extension TransportError: DisplayableError {}
extension UnreadableObject: DisplayableError {}
extension WaitError: DisplayableError {}

extension Error {
  /// The description of a ``DisplayableError``, the field of a `FieldError`, or else the error's
  /// type.
  var displayedText: String {
    switch self {
    case let error as any DisplayableError: error.description
    // Only the path: the problem may repeat the field's content.
    case let error as FieldError: "the field \(error.path) is invalid"
    default: "\(type(of: self)) (its description is shown only if it is a DisplayableError)"
    }
  }
}
