import GatewayAPI
import GatewayDemo
import KubeCore
import KubeKindsAPIRegistration
import KubeKindsApps
import KubeKindsCore
import KubeKindsRBAC
import KubeYAML

/// A hub's objects in files.
struct ManifestFiles {
  /// The objects with their locations.
  private(set) var objects: [LocatedObject] = []

  /// Reads `paths`: files, folders (every `.yaml`, `.yml` and `.json` in them) or `-` for standard
  /// input.
  init(reading paths: [String]) throws {
    for path in paths {
      if path == "-" {
        guard let data = StandardStreams.input() else {
          throw CommandFailure("standard input can't be read")
        }
        try read(data, named: "standard input")
        continue
      }
      var isFolder = false
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
        throw CommandFailure("\(path): there is no such file; give a file, a folder or - for standard input")
      }
      for file in isFolder ? try ManifestFiles.manifests(in: path) : [path] {
        // A pipe has content but no length.
        guard let data = StandardStreams.contents(ofFile: file) else {
          throw CommandFailure("\(file): the file can't be read; check its permissions")
        }
        try read(data, named: file)
      }
    }
    guard !objects.isEmpty else {
      throw CommandFailure(
        "\(paths.map { $0 == "-" ? "standard input" : $0 }.joined(separator: ", ")): there are no objects; give a hub's objects as YAML or JSON"
      )
    }
    try check()
  }

  private static func manifests(in folder: String) throws -> [String] {
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    } catch {
      throw CommandFailure("\(folder): the folder can't be read; check its permissions")
    }
    let files = names.filter { name in [".yaml", ".yml", ".json"].contains { name.hasSuffix($0) } }
    guard !files.isEmpty else {
      throw CommandFailure("\(folder): there are no .yaml, .yml or .json files in this folder")
    }
    return files.map { folder.hasSuffix("/") ? folder + $0 : folder + "/" + $0 }
  }

  private mutating func read(_ data: [UInt8], named file: String) throws {
    objects += try YAMLReader().objects(data, file: file)
  }

  /// Decodes every object of a known kind, so that an error names the wrong field's line.
  private func check() throws {
    var problems: [YAMLError] = []
    var places: [ObjectKey: LocatedObject] = [:]
    for located in objects {
      let metadata = located.object.metadata
      let kind = located.object.groupKind
      let key = ObjectKey(
        ResourceType(group: kind.group, version: "", kind: kind.kind, plural: "", isNamespaced: true),
        namespace: metadata.namespace, name: metadata.name)
      // Equal objects in overlapping files and folders are no problem.
      if let first = places[key], first.object.json != located.object.json {
        problems.append(
          located.error(
            FieldError(
              path: FieldPath(dotted: "metadata.name"),
              problem: "this object is there a second time, and differs from the one at \(first.location)",
              remedy: "give one of the two")))
      }
      places[key] = located
      for problem in KindCheck.problems(of: located.object) { problems.append(located.error(problem)) }
    }
    guard problems.isEmpty else {
      throw CommandFailure(problems.map(\.description).joined(separator: "\n"))
    }
  }
}

/// Checks that objects can be decoded as their types.
enum KindCheck {
  private static let configuration = ClusterGatewayConfiguration.type.groupKind

  static func problems(of object: DynamicObject) -> [FieldError] {
    let names = nameProblems(of: object)
    if object.groupKind == configuration {
      let problems = ClusterGatewayConfiguration.problems(in: object.json)
      return names
        + (problems.isEmpty ? ClusterGatewayConfiguration.definitionProblems(in: object.json) : problems)
    }
    guard let read = readers[object.groupKind] else { return names }
    do {
      try read(object)
      return names
    } catch {
      return names + [error]
    }
  }

  /// Rejects names that no API server accepts, since the names of planned objects derive from them.
  private static func nameProblems(of object: DynamicObject) -> [FieldError] {
    let metadata = object.metadata
    let problem: String? =
      switch object.groupKind {
      case Namespace.type.groupKind, Service.type.groupKind:
        NameRules.dnsLabelProblem(metadata.name)
      case Role.type.groupKind, RoleBinding.type.groupKind, ClusterRole.type.groupKind,
        ClusterRoleBinding.type.groupKind:
        NameRules.pathSegmentProblem(metadata.name)
      case let kind where readers[kind] != nil || kind == configuration:
        NameRules.dnsSubdomainProblem(metadata.name)
      default: NameRules.pathSegmentProblem(metadata.name)
      }
    let namespaceProblem = metadata.namespace.flatMap { $0.isEmpty ? nil : NameRules.dnsLabelProblem($0) }
    let path = FieldPath(dotted: "metadata")
    return [
      problem.map {
        FieldError(
          path: path.field("name"), problem: "\"\(metadata.name)\" \($0)", remedy: "correct the name")
      },
      namespaceProblem.map {
        FieldError(
          path: path.field("namespace"), problem: "\"\(metadata.namespace ?? "")\" \($0)",
          remedy: "correct the name")
      },
    ].compactMap { $0 }
  }

  private typealias Read = @Sendable (DynamicObject) throws(FieldError) -> Void

  private static let readers: [GroupKind: Read] = [
    Secret.type.groupKind: reader(Secret.self),
    Service.type.groupKind: reader(Service.self),
    ServiceAccount.type.groupKind: reader(ServiceAccount.self),
    Deployment.type.groupKind: reader(Deployment.self),
    Role.type.groupKind: reader(Role.self),
    RoleBinding.type.groupKind: reader(RoleBinding.self),
    ClusterRole.type.groupKind: reader(ClusterRole.self),
    ClusterRoleBinding.type.groupKind: reader(ClusterRoleBinding.self),
    APIService.type.groupKind: reader(APIService.self),
    ManagedCluster.type.groupKind: reader(ManagedCluster.self),
    ManagedServiceAccount.type.groupKind: reader(ManagedServiceAccount.self),
    ManifestWork.type.groupKind: reader(ManifestWork.self),
    ClusterManagementAddOn.type.groupKind: { object throws(FieldError) in
      _ = try ClusterManagementAddOn(observed: object)
    },
    ManagedClusterAddOn.type.groupKind: { object throws(FieldError) in
      _ = try ManagedClusterAddOn(observed: object)
    },
  ]

  private static func reader<Kind: KubeObject>(_ kind: Kind.Type) -> Read {
    { object throws(FieldError) in _ = try object.decode(kind) }
  }
}
