import ArgumentParser
import GatewayDemo
import GatewayManager
import GatewayReconcile
import KubeCore
import KubeReconcile
import KubeTransport
import KubeYAML

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// `sysdump`: writes a redacted archive for bug reports.
struct SysdumpCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sysdump",
    abstract: "Writes an archive for bug reports: status, plan, examination and objects, without secrets.",
    discussion: """
      The content of Secrets is left out, everywhere. What stays are names, addresses, labels and certificates (without \
      keys): look through it before you pass it on. Of the clusters, those that are named are in it, else those that \
      aren't healthy, up to \(SysdumpCommand.maximumClusters) and excluded ones last; the status covers all. What can't be \
      read is named in errors.txt, and the rest is there.

      EXAMPLES:
        gateway-manager sysdump  # writes gateway-manager-sysdump-TIME.tar
        gateway-manager sysdump managed1 -o report.tar
        gateway-manager sysdump -o - | tar -tf -
      """)

  /// The maximum number of clusters whose objects are in an archive.
  static let maximumClusters = 100

  @Argument(help: "The clusters whose objects are in the archive.")
  var clusters: [String] = []

  @Option(name: .shortAndLong, help: "The file to write, which must not exist, or - for standard output.")
  var output: String?

  @OptionGroup var connection: ConnectionOptions

  @OptionGroup var manager: ManagerOptions

  func run() async throws {
    let (archive, time) = try await HubConnection.open(connection) { client, clock in
      (try await self.archive(client, clock), clock.now)
    }
    guard output != "-" else { return StandardStreams.output(archive) }
    let stamp = Timestamp(time).description.filter { $0 != "-" && $0 != ":" }
    let path = output ?? "gateway-manager-sysdump-\(stamp).tar"
    try SysdumpCommand.save(archive, to: path)
    StandardStreams.output("\(path)\n")
  }

  /// Writes a file that must not exist, readable by its owner only; it appears under its name when
  /// it is whole.
  private static func save(_ bytes: [UInt8], to path: String) throws {
    func failure(_ problem: String) -> CommandFailure {
      CommandFailure("'\(path)': the file \(problem): \(String(cString: strerror(errno)))")
    }
    guard access(path, F_OK) != 0 else {
      errno = EEXIST
      throw failure("can't be created")
    }
    let part = "\(path).\(getpid()).part"
    let descriptor = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure("can't be created") }
    defer { unlink(part) }
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else {
        let error = failure("can't be written")
        close(descriptor)
        throw error
      }
      rest = rest.dropFirst(count)
    }
    guard close(descriptor) == 0 else { throw failure("can't be written") }
    // A link never replaces a file; where there are no links, a name may.
    guard link(part, path) == 0 || (errno != EEXIST && rename(part, path) == 0) else {
      throw failure("can't be created")
    }
  }

  private func archive(_ client: KubeClient, _ clock: ServerClock) async throws -> [UInt8] {
    var problems: [String] = []
    func part<Part>(_ name: String, _ read: () async throws -> Part) async -> Part? {
      do {
        return try await read()
      } catch {
        problems.append("\(name): \(error)")
        return nil
      }
    }
    let model = await part("the hub's objects") {
      try await HubLoader(client, identity: manager.identity, keepsManagedFields: true).load()
    }
    let examination = await part("doctor") {
      try await Doctor(client: client, clock: clock, identity: manager.identity, asksForSelf: false)
        .examine()
    }
    // Last: it is judged by the time at the end.
    let lease = await part("the manager's Lease") {
      try await ManagerLease(client, namespace: manager.namespace)
    }
    guard model != nil || examination != nil else {
      throw CommandFailure(problems.first ?? "nothing can be read")
    }
    let now = clock.now
    var archive = TarArchive(at: now)
    archive.add("sysdump/version.txt", Array("gateway-manager \(ProgramVersion.text)\n".utf8))
    if let examination { archive.add("doctor", document: examination.json) }
    if let model { try await addHub(model, lease: lease, at: now, to: &archive) }
    if !problems.isEmpty {
      archive.add("sysdump/errors.txt", Array((problems.joined(separator: "\n") + "\n").utf8))
      StandardStreams.error("warning: the archive isn't whole: \(problems.joined(separator: "; "))")
    }
    return archive.finished
  }

  private func addHub(
    _ model: HubCache, lease: ManagerLease?, at now: Date, to archive: inout TarArchive
  ) async throws {
    let report = await HubReport(model, at: now)
    try StatusView(names: clusters).requireClusters(in: report)
    archive.add(
      "status", document: StatusDocument(report: report, lease: lease, view: StatusView()).json)
    archive.add("plan", document: PlanDocument(plan: model.knownPlan(at: now), gaps: model.gaps).json)
    archive.add("sysdump/objects/installation.yaml", yaml(model.installation.objects.everything))
    for name in selected(of: report) {
      // A name is at most 63 bytes long where it can be a namespace's.
      archive.add(
        "sysdump/objects/clusters/\(name.prefix(63)).yaml", yaml(model.cluster(name).objects.everything))
    }
  }

  private func yaml(_ objects: [DynamicObject]) -> [UInt8] {
    Array(YAMLWriter().documents(objects.map { ObjectRedaction.redacted($0.json) }, secrets: .redacted).utf8)
  }

  /// The clusters whose objects are in the archive: those that the gateway shouldn't access come
  /// last.
  func selected(of report: HubReport) -> [String] {
    guard clusters.isEmpty else { return clusters }
    let names = FleetReport(report.clusters).groups.flatMap(\.names)
    return Array(names.prefix(SysdumpCommand.maximumClusters))
  }
}

extension TarArchive {
  fileprivate mutating func add(_ name: String, document: JSONValue) {
    add("sysdump/\(name).json", JSONWriter(style: .pretty).bytes(document))
  }
}
