import ArgumentParser
import Foundation
import GatewayDemo
import GatewayManager
import GatewayReconcile
import KubeCore
import KubeReconcile
import KubeTransport
import KubeYAML

/// `sysdump`: writes a redacted archive for bug reports.
struct SysdumpCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sysdump",
    abstract: "Writes an archive for bug reports: status, plan, examination and objects, without secrets.",
    discussion: """
      The content of Secrets is left out, everywhere. What stays are names, addresses, labels and certificates (without \
      keys): look through it before you pass it on. Of the clusters, those that are named are in it, else those that \
      aren't healthy, up to \(SysdumpCommand.maximumClusters); the status covers all.

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
    if output == "-" {
      try FileHandle.standardOutput.write(contentsOf: Data(archive))
      return
    }
    let stamp = Timestamp(time).description.filter { $0 != "-" && $0 != ":" }
    let path = output ?? "gateway-manager-sysdump-\(stamp).tar"
    // Never overwrites a file, and is readable by its owner only.
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw CommandFailure("\(path): the file can't be made: \(String(cString: strerror(errno)))")
    }
    let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    do {
      try file.write(contentsOf: Data(archive))
      try file.close()
    } catch {
      unlink(path)
      throw CommandFailure("\(path): the file can't be written: \(error)")
    }
    StandardStreams.output("\(path)\n")
  }

  private func archive(_ client: KubeClient, _ clock: ServerClock) async throws -> [UInt8] {
    let model = try await HubSnapshot(client, identity: manager.identity).read()
    let now = clock.now
    let report = await HubReport(model, at: now)
    try StatusView(names: clusters).requireClusters(in: report)
    let lease = try await ManagerLease(client, namespace: manager.namespace)
    let examination = try await Doctor(
      client: client, clock: clock, identity: manager.identity, asksForSelf: false
    ).examine()
    var archive = TarArchive(at: now)
    func add(_ name: String, _ document: JSONValue) {
      archive.add("sysdump/\(name).json", JSONWriter(style: .pretty).bytes(document))
    }
    archive.add("sysdump/version.txt", Array("gateway-manager \(ProgramVersion.text)\n".utf8))
    add("status", StatusDocument(report: report, lease: lease, view: StatusView()).json)
    add("plan", PlanDocument(plan: reconcile(model.hub, at: now)).json)
    add("doctor", examination.json)
    archive.add("sysdump/objects/installation.yaml", yaml(model.installation.objects.everything))
    for name in selected(of: report) {
      // A name is at most 63 bytes long where it can be a namespace's.
      archive.add(
        "sysdump/objects/clusters/\(name.prefix(63)).yaml", yaml(model.cluster(name).objects.everything))
    }
    return archive.finished
  }

  private func yaml(_ objects: [DynamicObject]) -> [UInt8] {
    Array(YAMLWriter().documents(objects.map(\.json), secrets: .redacted).utf8)
  }

  private func selected(of report: HubReport) -> [String] {
    guard clusters.isEmpty else { return clusters }
    return report.clusters.filter { $0.health != .healthy }.prefix(SysdumpCommand.maximumClusters)
      .map(\.name)
  }
}
