import ArgumentParser
import GatewayAPI
import GatewayDemo
import GatewayManager
import GatewayReconcile
import KubeCore
import KubeTransport
import KubeYAML

/// `status`: shows the gateway, every managed cluster and the certificates.
struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract:
      "Shows the gateway, every managed cluster as `clusteradm get addon` does, and the certificates.",
    discussion: """
      More than \(StatusText.fullClusters) clusters are folded: a line for each reason, with the first names. \
      The hub comes from files (-f), or from an API server that is only read.

      EXAMPLES:
        gateway-manager status                    # the hub that kubectl uses
        gateway-manager status --unhealthy        # only what is wrong
        gateway-manager status managed1 managed7  # two clusters in full
        gateway-manager status -l region=eu -w    # some clusters, live
        gateway-manager status --probe            # ask the clusters now
        gateway-manager status -o json | jq '.clusters[].health'
        gateway-manager status -o html > status.html
        # for scripts: 2 unless all is healthy, 4 if you may not read enough
        gateway-manager status --exit-code
      """)

  /// The format of the state.
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json, yaml, html
  }

  @Argument(help: "The clusters to show, each in full; all unless given.")
  var clusters: [String] = []

  @Option(name: .shortAndLong, help: "text, json, yaml or html: one page that needs nothing else.")
  var output: Format = .text

  @Flag(help: "Show only clusters that aren't healthy.")
  var unhealthy = false

  @Option(
    name: [.customShort("l"), .long], help: "Show only clusters with these labels, such as region=eu,!test.")
  var selector: String?

  @Flag(help: "Show every cluster in full, however many there are.")
  var details = false

  @Flag(name: .shortAndLong, help: "Follow the hub by watches until Ctrl-C; text only.")
  var watch = false

  @Flag(
    help: """
      Exit with 2 unless the gateway and every cluster that is shown are healthy, the manager has not stopped and, \
      with --probe, each of these clusters has answered; with 4 if that is unknown, as you lack rights to read.
      """)
  var exitCode = false

  @Flag(help: "Ask every cluster that is shown through the gateway now.")
  var probe = false

  @OptionGroup var hub: HubOptions

  func validate() throws {
    _ = try labelSelector()
    if probe && !hub.file.isEmpty { throw ValidationError("--probe asks clusters; leave it out with -f") }
    if probe && watch { throw ValidationError("--probe asks once; leave out --watch") }
    guard watch else { return }
    if !hub.file.isEmpty { throw ValidationError("--watch follows an API server; leave it out with -f") }
    if output != .text { throw ValidationError("--watch shows text; leave out -o \(output.rawValue)") }
    if exitCode { throw ValidationError("--watch goes on until it is ended; leave out --exit-code") }
    if hub.at != nil { throw ValidationError("--watch shows what is now; leave out --at") }
  }

  func run() async throws {
    let view = StatusView(names: clusters, selector: try labelSelector(), isUnhealthyOnly: unhealthy)
    guard !watch else { return try await follow(view) }
    let reading = StatusReading(
      namespace: hub.manager.namespace, view: view, isPage: output == .html, isProbing: probe,
      isOfNow: hub.at == nil)
    let (model, now, surroundings) = try await hub.read(ofFiles: reading.surroundings) {
      client, model, clock in try await reading.surroundings(of: model, client, clock)
    }
    let report = await HubReport(model, at: now)
    try view.requireClusters(in: report)
    let others = surroundings ?? StatusSurroundings()
    print(report, others, view: view)
    guard exitCode else { return }
    // The conditions follow from the manager's own probes.
    switch view.isHealthy(report, lease: others.lease, probes: probe ? others.probes : [:]) {
    case true?: return
    case false?: throw ExitCode.somethingToDo
    case nil: throw ExitCode.notReadable
    }
  }

  private func print(_ report: HubReport, _ others: StatusSurroundings, view: StatusView) {
    func document() -> JSONValue {
      StatusDocument(report: report, lease: others.lease, view: view, probes: others.probes).json
    }
    switch output {
    case .text:
      let text = text(report, lease: others.lease, view: view, probes: others.probes)
      StandardStreams.output(text.lines.text())
    case .json: StandardStreams.output(JSONWriter(style: .pretty).text(document()) + "\n")
    case .yaml: StandardStreams.output(YAMLWriter().text(document()))
    case .html:
      StandardStreams.output(
        Invocation.inUsersWords(
          StatusPage(
            report: report, lease: others.lease, view: view, callers: others.callers, probes: others.probes
          ).html))
    }
  }

  private func text(
    _ report: HubReport, lease: ManagerLease?, view: StatusView, probes: [String: ProbeAttempt] = [:]
  ) -> StatusText {
    StatusText(
      report: report, lease: lease, view: view, probes: probes, isDetailed: details || !clusters.isEmpty,
      arguments: hub.arguments)
  }

  private func labelSelector() throws -> LabelSelector {
    do {
      return try LabelSelector(query: selector ?? "")
    } catch {
      throw ValidationError("--selector \(selector ?? ""): \(error.problem); \(error.remedy ?? "correct it")")
    }
  }

  private func follow(_ view: StatusView) async throws {
    let connection = ConnectionState()
    try await HubConnection.open(hub.connection, state: connection) { client, clock in
      try await HubRequirements.check(client)
      let watch = HubWatch(
        client, identity: hub.manager.identity,
        endpointSlices: try await HubRequirements.endpointSlices(client), logger: .quiet,
        now: { clock.now })
      let screen = LiveScreen()
      try await screen.whileOpen {
        try await withThrowingTaskGroup(of: Void.self) { group in
          defer { group.cancelAll() }
          group.addTask { await watch.run() }
          group.addTask {
            try await draw(view, on: screen, watch: watch, client: client, clock: clock, connection)
          }
          try await group.next()
        }
      }
    }
  }

  /// Draws a picture whenever something has changed: the hub, the connection, or the manager. Ends
  /// when there is no reader any more.
  private func draw(
    _ view: StatusView, on screen: LiveScreen, watch: HubWatch, client: KubeClient, clock: ServerClock,
    _ connection: ConnectionState
  ) async throws {
    var picture = LivePicture()
    var leaseIsDue = ContinuousClock.now
    while !Task.isCancelled, StandardStreams.outputHasReader {
      if let report = await watch.report() {
        if picture.report == nil { try view.requireClusters(in: report) }
        picture.report = report
      }
      if ContinuousClock.now >= leaseIsDue, picture.report != nil, connection.loss == nil {
        picture.lease =
          (try? await ManagerLease(client, namespace: hub.manager.namespace)) ?? picture.lease
        leaseIsDue = .now + LivePicture.leaseInterval
      }
      if let report = picture.report, let pod = picture.lease?.pod, connection.loss == nil,
        picture.probes.isDue(for: pod, at: .now), text(report, lease: nil, view: view).isFull
      {
        let answer = await ProbeReading.last(client, pod: pod, namespace: hub.manager.namespace)
        let names = Set(view.clusters(of: report).map(\.name))
        picture.probes.record(answer, of: pod, about: names, at: .now)
      }
      (picture.loss, picture.regained) = (connection.loss, connection.regained)
      if let (head, report) = picture.next(at: clock.now) {
        var text = text(report, lease: picture.lease, view: view)
        // Those of clusters that are folded now aren't read again.
        if text.isFull { text.probes = picture.probes.attempts }
        guard screen.draw([head] + text.lines) else { return }
      }
      try await Task.sleep(for: .milliseconds(250))
    }
  }
}
