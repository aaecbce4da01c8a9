public import KubeCore

/// A request of the manager's that the API server refused.
public struct Refusal: Sendable, Hashable {
  /// Why it was refused.
  public enum Cause: Sendable, Hashable {
    /// The manager lacks the right.
    case rightsMissing
    /// An admission plugin, a webhook or validation refused it.
    case rejected
    /// It failed several times in a row.
    case failing
  }

  /// The verb, as RBAC names it.
  public var verb: String
  /// The object.
  public var target: ObjectKey
  /// The subresource that was written.
  public var subresource: String?
  /// Why.
  public var cause: Cause
  /// The server's words, cut.
  public var message: String

  /// The most characters of the server's words that are kept.
  public static let maximumMessage = 512

  /// A refusal.
  public init(verb: String, target: ObjectKey, subresource: String? = nil, cause: Cause, message: String) {
    self.verb = verb
    self.target = target
    self.subresource = subresource
    self.cause = cause
    self.message = message
  }

  /// The resource with its group, and the subresource: `managedclusteraddons.addon.…/status`.
  public var resource: String {
    target.type.qualifiedPlural + (subresource.map { "/" + $0 } ?? "")
  }

  /// Whether both refuse the same for the same cause: a message that names a port, say, differs each time.
  package func isSameRequest(as other: Refusal) -> Bool {
    verb == other.verb && target == other.target && subresource == other.subresource && cause == other.cause
  }
}

extension Refusal: CustomStringConvertible {
  /// The request: `create secrets "a" in namespace b`.
  public var description: String {
    "\(verb) \(resource)" + (target.name.isEmpty ? "" : " \"\(target.name)\"")
      + (target.namespace.map { " in namespace \($0)" } ?? "")
  }
}
