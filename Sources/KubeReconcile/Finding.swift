public import KubeCore

/// Something that a person must know: what is wrong, or what is waited for, and what to do.
public struct Finding: Sendable, Hashable {
  /// How much it matters.
  public enum Severity: String, Sendable, Hashable, CaseIterable {
    /// An object can't be used as it stands: its content is wrong.
    case invalid
    /// Something does not work until a person acts.
    case error
    /// Something works, but a person should know its danger.
    case warning
    /// Another program is to act: nothing is wrong yet.
    case awaiting
  }

  /// What is the matter: one CamelCase word, which is also the reason of conditions and Events.
  ///
  /// An operator adds codes of its own as static properties, or as literals.
  public struct Code: RawRepresentable, Sendable, Hashable, ExpressibleByStringLiteral,
    CustomStringConvertible
  {
    /// The word.
    public var rawValue: String

    /// The code of this word.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The code of this word.
    public init(stringLiteral word: String) { rawValue = word }

    /// The word.
    public var description: String { rawValue }

    /// The object is being deleted, and something holds it.
    public static let beingDeleted: Code = "BeingDeleted"
    /// An object of the name exists that isn't the operator's.
    public static let foreignObject: Code = "ForeignObject"
    /// Nothing shows whose an object is.
    public static let ownershipUnknown: Code = "OwnershipUnknown"
    /// An object can't be read.
    public static let unreadableObject: Code = "UnreadableObject"
    /// An object came without a uid.
    public static let noIdentity: Code = "NoIdentity"
    /// Objects came without managedFields.
    public static let noManagedFields: Code = "NoManagedFields"
    /// Another Apply manager owns fields that the operator wants to set.
    public static let ownedByAnother: Code = "OwnedByAnother"
    /// A field that can't be changed would have to be.
    public static let immutable: Code = "Immutable"
    /// Another manager has set a field that does harm.
    public static let harmfulField: Code = "HarmfulField"
    /// The operator lacks a right.
    public static let rightsMissing: Code = "RightsMissing"
    /// The API server rejects an object.
    public static let writeRejected: Code = "WriteRejected"
    /// The API server has failed several times in a row to answer a request.
    public static let requestFailing: Code = "RequestFailing"
    /// An effect outside the API server has failed for good.
    public static let effectFailed: Code = "EffectFailed"
  }

  /// How much it matters.
  public var severity: Severity
  /// What is the matter, for programs.
  public var code: Code
  /// The object that it is about, where there is one.
  public var object: ObjectKey?
  /// What it is about where that is no single object, such as `cluster a`.
  public var subject: String?
  /// What is the case.
  public var problem: String
  /// What to do.
  public var remedy: String
  /// Who is to act, where it is a program: such as `the managed-serviceaccount agent`.
  public var awaitedFrom: String?

  /// A finding.
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
  /// The finding on one line.
  public var description: String {
    let place = object.map { "\($0): " } ?? subject.map { "\($0): " } ?? ""
    return "\(severity.rawValue) \(code): \(place)\(problem); \(remedy)"
  }
}
