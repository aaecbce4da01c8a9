public import KubeCore
public import KubeTransport

/// An error whose description holds no secret, so that it may be shown in the log, in Events, in
/// probes' answers and in `/debug/state`, which a program may serve to any client.
///
/// Of every other error only the type is shown: its description may quote a request, an answer or a
/// credential.
public protocol DisplayableError: Error, CustomStringConvertible {}

extension FieldError: DisplayableError {}
extension KubeError: DisplayableError {}
extension TransportError: DisplayableError {}
extension UnreadableObject: DisplayableError {}
extension WaitError: DisplayableError {}

extension Error {
  /// The description of a ``DisplayableError``, or else the error's type.
  var displayedText: String {
    (self as? any DisplayableError)?.description
      ?? "\(type(of: self)) (its description is shown only if it is a DisplayableError)"
  }
}
