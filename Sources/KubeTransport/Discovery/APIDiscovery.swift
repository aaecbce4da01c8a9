public import KubeCore

/// The resources that a server serves at one moment: all groups and versions in the server's order
/// of preference, and the gaps.
public struct APIDiscovery: Sendable, Hashable {
  /// The resources: the core group first, then the groups in the server's order; the versions of
  /// each group in the server's order.
  public var resources: [APIResource]
  /// The reason, for people, why resources of an `apiVersion` are missing: an API is down, or an
  /// entry can't be decoded.
  public var problems: [String: String]

  /// Creates a discovery result.
  public init(resources: [APIResource] = [], problems: [String: String] = [:]) {
    self.resources = resources
    self.problems = problems
  }

  /// The resources in `category`, such as `all`, each in its group's preferred version.
  public func resources(inCategory category: String) -> [APIResource] {
    Self.preferred(resources.filter { $0.categories.contains(category) })
  }

  /// The first version, in the server's order, of each kind of `resources`.
  static func preferred(_ resources: [APIResource]) -> [APIResource] {
    var known: Set<GroupKind> = []
    return resources.filter { known.insert($0.type.groupKind).inserted }
  }

  // MARK: Names

  /// The resource named `name`, in its group's preferred version unless `name` includes one.
  ///
  /// A name is a plural, a singular or a kind in any case, or a short name: `deployments`,
  /// `deployment`, `Deployment`, `deploy`. A group narrows it (`deployments.apps`), or a version
  /// and a group (`deployments.v1.apps`; `pods.v1.` for the core group). Plurals take precedence
  /// over singulars and kinds, and these over short names. Among equals the core group takes
  /// precedence, as in kubectl; otherwise a name of several groups is ambiguous.
  public func resource(named name: String) throws(NameError) -> APIResource {
    let wanted = name.lowercased()
    let parts = wanted.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
    var candidates: [APIResource] = []
    if parts.count == 3 {
      candidates = matches(parts[0]) { $0.version == parts[1] && $0.group == parts[2] }
    }
    if candidates.isEmpty, parts.count > 1 {
      let group = wanted.dropFirst(parts[0].count + 1)
      candidates = matches(parts[0]) { $0.group == group }
    } else if parts.count == 1 {
      candidates = matches(wanted) { _ in true }
    }
    let choices = Self.preferred(candidates)
    if choices.count == 1 { return choices[0] }
    let core = choices.filter(\.type.group.isEmpty)
    if core.count == 1 { return core[0] }
    throw NameError(
      code: choices.isEmpty ? .unknown : .ambiguous, name: name, candidates: choices.map(\.description),
      hasGaps: !problems.isEmpty)
  }

  /// The best matches for `name` among the resources of the types for which `isWanted` holds.
  private func matches(_ name: String, _ isWanted: (ResourceType) -> Bool) -> [APIResource] {
    let resources = resources.filter { isWanted($0.type) }
    let tiers: [(APIResource) -> Bool] = [
      { $0.type.plural == name }, { $0.singular == name || $0.type.kind.lowercased() == name },
      { $0.shortNames.contains(name) },
    ]
    for tier in tiers {
      let found = resources.filter(tier)
      if !found.isEmpty { return found }
    }
    return []
  }

  /// The resource of a kind in its group's preferred version, or in `version`; `nil` where it isn't
  /// served.
  public func resource(of kind: GroupKind, version: String? = nil) -> APIResource? {
    resources.first { $0.type.groupKind == kind && (version == nil || $0.type.version == version) }
  }

  /// The resource of an object's `apiVersion` and `kind`; `nil` where it isn't served.
  public func resource(apiVersion: String, kind: String) -> APIResource? {
    resources.first { $0.type.apiVersion == apiVersion && $0.type.kind == kind }
  }

  /// A name that doesn't denote exactly one resource.
  public struct NameError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of problem.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
      /// The code's name.
      public let description: String

      private init(_ description: String) { self.description = description }

      /// No resource has the name.
      public static let unknown = Code("unknown")
      /// Resources of several groups have the name.
      public static let ambiguous = Code("ambiguous")
    }

    /// The kind of problem.
    public var code: Code
    /// The name.
    public var name: String
    /// The resources that it may denote, by unambiguous names.
    public var candidates: [String]
    /// Whether the discovery is incomplete: see ``APIDiscovery/problems``.
    public var hasGaps: Bool

    /// Creates an error.
    public init(code: Code, name: String, candidates: [String] = [], hasGaps: Bool = false) {
      self.code = code
      self.name = name
      self.candidates = candidates
      self.hasGaps = hasGaps
    }

    /// The maximum number of candidates in the description.
    private static let maximumCandidates = 10

    /// The name, the problem and the remedy.
    public var description: String {
      let name = "\"\(name.prefix(253))\""
      if code == .ambiguous {
        let more = candidates.count > Self.maximumCandidates ? ", …" : ""
        return
          "the resource name \(name) is ambiguous; use one of \(candidates.prefix(Self.maximumCandidates).joined(separator: ", "))\(more)"
      }
      let gaps = hasGaps ? "; not every API of the server answers, it may belong to one that doesn't" : ""
      return
        "the server has no resource \(name); check its spelling, and that its CustomResourceDefinition or APIService is there\(gaps)"
    }
  }
}
