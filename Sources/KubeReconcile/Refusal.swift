public import KubeCore

/// A request of the operator's that the API server refused, or whose effect doesn't last.
public struct Refusal: Sendable, Hashable {
  /// The reason of a refusal.
  public enum Cause: Sendable, Hashable, CaseIterable {
    /// The operator lacks the right.
    case rightsMissing
    /// An admission plugin, a webhook or validation rejected the request.
    case rejected
    /// The request failed several times in a row.
    case failing
    /// The server answered several times in a row that its state isn't the observed one: an object
    /// exists and isn't observed, or the object, its namespace or its kind doesn't exist.
    case staleView
    /// The server doesn't serve the kind.
    case unserved
    /// Another program keeps changing the object back.
    case contended
  }

  /// The verb, as RBAC names it.
  public var verb: String
  /// The object.
  public var target: ObjectKey
  /// The subresource that was written.
  public var subresource: String?
  /// The reason.
  public var cause: Cause
  /// The server's message, or the problem of a contended object, cut to ``maximumMessage``
  /// characters.
  public let message: String

  /// The length of a kept message, in characters.
  public static let maximumMessage = 512

  /// Creates a refusal.
  public init(verb: String, target: ObjectKey, subresource: String? = nil, cause: Cause, message: String) {
    self.verb = verb
    self.target = target
    self.subresource = subresource
    self.cause = cause
    self.message = String(message.prefix(Refusal.maximumMessage))
  }

  /// The resource with its group and subresource: `managedclusteraddons.addon.…/status`.
  public var resource: String {
    target.type.qualifiedPlural + (subresource.map { "/" + $0 } ?? "")
  }

  /// The problem, for a finding that names the object.
  package var problem: String {
    switch cause {
    case .rightsMissing, .rejected: "the API server refuses to \(self): \(message)"
    case .failing: "the API server keeps failing to \(self): \(message)"
    case .staleView: "the API server keeps refusing to \(self): \(message)"
    case .unserved: "the API server can't \(self): it does not serve them in version \(target.type.version)"
    case .contended: message
    }
  }

  /// The problem, where nothing else names the object.
  package var problemWithObject: String { cause == .contended ? "\(target): \(problem)" : problem }

  /// The remedy of a controller's author or user.
  package var remedy: String {
    switch cause {
    case .rightsMissing: "grant the controller's rights"
    case .rejected: "see what the message names: validation, an admission webhook or a quota"
    case .failing: "see why the API server fails to answer"
    case .staleView:
      "if the object exists, have the controller observe it, as by .owns(\(target.type.kind).self); "
        + "otherwise see that its namespace, kind and subresource exist"
    case .unserved: "install what serves it; it is then watched within half a minute"
    case .contended: contentionRemedy
    }
  }

  /// The remedy for a contended object.
  package var contentionRemedy: String {
    "see which program it is by `kubectl get \(target.type.qualifiedPlural) \(target.name)"
      + (target.namespace.map { " -n \($0)" } ?? "")
      + " -o yaml --show-managed-fields`, and stop it or have it leave these fields alone"
  }

  /// Whether both refuse the same request for the same reason. Messages aren't compared: one with a
  /// port number, say, differs each time.
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

extension Refusal.Cause {
  /// The code of the findings and the reason of the Events about it.
  package var code: Finding.Code {
    switch self {
    case .rightsMissing: .rightsMissing
    case .rejected: .writeRejected
    case .failing, .staleView: .requestFailing
    case .unserved: .kindNotServed
    case .contended: .contended
    }
  }
}
