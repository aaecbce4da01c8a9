public import KubeCore

/// A problem, a danger or a pending dependency, with its remedy.
public struct Finding: Sendable, Hashable {
  /// The urgency of a finding.
  public enum Severity: String, Sendable, Hashable, CaseIterable {
    /// An object's content is invalid, so it can't be used.
    case invalid
    /// Something doesn't work until a person acts.
    case error
    /// Something works, but is dangerous.
    case warning
    /// Another program has to act; nothing is wrong yet.
    case awaiting
  }

  /// The kind of problem, as one CamelCase word, which is also the reason of conditions and Events.
  ///
  /// An operator adds its own codes as static properties, or as literals.
  public struct Code: RawRepresentable, Sendable, Hashable, ExpressibleByStringLiteral,
    CustomStringConvertible
  {
    /// The CamelCase word.
    public var rawValue: String

    /// Creates the code of a CamelCase word.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Creates the code of a CamelCase word.
    public init(stringLiteral word: String) { rawValue = word }

    /// The CamelCase word.
    public var description: String { rawValue }

    /// The object is being deleted, but something blocks that.
    public static let beingDeleted: Code = "BeingDeleted"
    /// An object of the name exists but isn't the operator's.
    public static let foreignObject: Code = "ForeignObject"
    /// It can't be determined whether an object is the operator's.
    public static let ownershipUnknown: Code = "OwnershipUnknown"
    /// An object can't be read.
    public static let unreadableObject: Code = "UnreadableObject"
    /// An object was read without a uid.
    public static let noIdentity: Code = "NoIdentity"
    /// Objects were read without managedFields.
    public static let noManagedFields: Code = "NoManagedFields"
    /// Another field manager applies fields that the operator wants to set.
    public static let ownedByAnother: Code = "OwnedByAnother"
    /// A field would have to change but is immutable.
    public static let immutable: Code = "Immutable"
    /// Another field manager has set a harmful field.
    public static let harmfulField: Code = "HarmfulField"
    /// The operator lacks a right.
    public static let rightsMissing: Code = "RightsMissing"
    /// A field that the operator sets isn't declared in its kind's schema.
    public static let undeclaredField: Code = "UndeclaredField"
    /// The API server rejects an object.
    public static let writeRejected: Code = "WriteRejected"
    /// The API server has failed several times in a row to answer a request.
    public static let requestFailing: Code = "RequestFailing"
    /// The API server doesn't serve a kind.
    public static let kindNotServed: Code = "KindNotServed"
    /// Another program keeps changing an object back.
    public static let contended: Code = "Contended"
    /// An effect outside the API server has failed permanently.
    public static let effectFailed: Code = "EffectFailed"
  }

  /// The urgency.
  public var severity: Severity
  /// The kind of problem, for programs.
  public var code: Code
  /// The object that the finding is about, if there is one.
  public var object: ObjectKey?
  /// The subject if that is not a single object, such as `cluster a`.
  public var subject: String?
  /// The problem, as a clause for people.
  public var problem: String
  /// The remedy, as a clause for people.
  public var remedy: String
  /// The program that has to act, if one does, such as `the managed-serviceaccount agent`.
  public var awaitedFrom: String?

  /// Creates a finding.
  public init(
    _ severity: Severity, code: Code, object: ObjectKey? = nil, subject: String? = nil, problem: String,
    remedy: String, awaitedFrom: String? = nil
  ) {
    self.severity = severity
    self.code = code
    self.object = object
    self.subject = subject
    self.problem = problem
    self.remedy = remedy
    self.awaitedFrom = awaitedFrom
  }
}

extension Finding: CustomStringConvertible {
  /// The finding on one line: severity, code, object or subject, problem and remedy.
  public var description: String {
    let place = object.map { "\($0): " } ?? subject.map { "\($0): " } ?? ""
    return "\(severity.rawValue) \(code): \(place)\(problem); \(remedy)"
  }
}
