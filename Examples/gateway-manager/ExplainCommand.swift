import ArgumentParser
import GatewayAPI
import GatewayDemo
import GatewayManager
import GatewayReconcile
import KubeCore
import KubeReconcile
import KubeTransport
import KubeYAML

/// `explain`: shows why a cluster is, or isn't, reached through the gateway.
struct ExplainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Explains why a managed cluster is, or isn't, reached through the gateway.",
    discussion: """
      Shows the chain from the cluster's acceptance by the hub to its answer through the gateway, the first link \
      that is broken, and what to do. Reads the cluster's own namespace and a few single objects: at most \
      \(ClusterSnapshot.maximumRequests) requests, however many clusters there are. The last answer is what the \
      running manager has reported; --probe asks the cluster now.

      EXAMPLES:
        gateway-manager explain managed1
        gateway-manager explain managed1 --probe      # ask it now, too
        # for scripts: 2 with a broken link, 4 if you may not read enough
        gateway-manager explain managed1 --exit-code
        gateway-manager explain managed1 -o json
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json, yaml
  }

  @Argument(help: "The managed cluster.")
  var cluster: String

  @Flag(help: "Ask the cluster through the gateway now; needs the right to get clustergateways/proxy.")
  var probe = false

  @Option(name: .shortAndLong, help: "text, json or yaml.")
  var output: Format = .text

  @Flag(help: "Exit with 2 where a link is broken, with 4 if that is unknown, as you lack rights to read.")
  var exitCode = false

  @OptionGroup var connection: ConnectionOptions

  @OptionGroup var manager: ManagerOptions

  func validate() throws {
    if let problem = NameRules.dnsSubdomainProblem(cluster) {
      throw ValidationError("\(cluster.orQuotes): no cluster's name: it \(problem)")
    }
  }

  func run() async throws {
    let (reading, now) = try await HubConnection.open(connection) { client, clock in
      var reading = try await ClusterSnapshot(client, identity: manager.identity).read(cluster)
      if probe {
        let timeout = reading.cluster.installation.configuration?.health.timeoutDuration.length
        reading.cluster.probe = await ProbeResult.asking(
          cluster, through: client, timeout: timeout ?? .seconds(5))
      }
      return (reading, clock.now)
    }
    let chain = reading.chain(at: now)
    let (objects, key) = (reading.cluster.objects, ObjectKey(ManagedCluster.type, name: cluster))
    switch output {
    case .text: StandardStreams.output(ChainText(chain: chain).lines.text())
    case .json:
      StandardStreams.output(JSONWriter(style: .pretty).text(ChainDocument(chain: chain).json) + "\n")
    case .yaml: StandardStreams.output(YAMLWriter().text(ChainDocument(chain: chain).json))
    }
    if exitCode && chain.firstBroken != nil { throw ExitCode.somethingToDo }
    if objects[key] == nil && objects.isObserved(key) { throw ExitCode.failure }
    if exitCode && !reading.gaps.isEmpty { throw ExitCode.notReadable }
  }
}

/// A chain as text.
struct ChainText {
  let chain: ClusterChain

  var lines: [StyledLine] {
    let width = chain.links.map(\.step.title.count).max() ?? 0
    return [headline] + chain.links.flatMap { lines(of: $0, width: width) }
      + Troubleshooting.lines(chain.links.compactMap(\.code))
  }

  private var headline: StyledLine {
    let name = StyledLine(chain.cluster, .bold)
    return switch chain.verdict {
    case .reached: name + StyledLine(" is reached through the gateway", .good)
    case .reachedDespite:
      name + StyledLine(" is reached through the gateway", .good)
        + StyledLine(", although a link is broken: \(problem)", .busy)
    case .notReached: name + StyledLine(" is not reached through the gateway", .bad)
    case .doubtful:
      name
        + StyledLine(
          " answered the manager's last probe, but a link is broken now: \(problem); with `--probe` it is asked now",
          .busy)
    case .unknown: name + StyledLine(": no problem found, but not everything could be checked", .busy)
    }
  }

  /// The problem of the first broken link.
  private var problem: String {
    guard case .broken(let problem, _)? = chain.firstBroken?.state else { return "" }
    return problem
  }

  private func lines(of link: ClusterChain.Link, width: Int) -> [StyledLine] {
    let title = link.step.title
    let padded = StyledLine(title).padded(to: width + 2)
    switch link.state {
    case .holds(let detail):
      return [StyledLine("  ✔ ", .good) + padded + StyledLine(detail, .dim)]
    case .waiting: return [StyledLine("  · \(title)", .dim)]
    case .unknown(let why): return [StyledLine("  ? ", .busy) + padded + StyledLine(why, .busy)]
    case .broken(let problem, let remedy):
      let object = link.object.map { StyledLine("\($0)", .dim) } ?? ""
      return [
        StyledLine("  ✘ ", .bad) + padded + object, StyledLine("      \(problem)"),
        StyledLine("      remedy: \(remedy)", .bold),
      ]
    }
  }
}

/// A chain as a document for programs.
struct ChainDocument {
  let chain: ClusterChain

  var json: JSONValue {
    .fields([
      "cluster": .string(chain.cluster),
      "reached": reached.map { .bool($0) },
      "firstBroken": chain.firstBroken.map { .string($0.step.rawValue) },
      "links": .array(chain.links.map(ChainDocument.link)),
    ])
  }

  private var reached: Bool? {
    switch chain.verdict {
    case .reached, .reachedDespite: true
    case .notReached: false
    case .doubtful, .unknown: nil
    }
  }

  private static func link(_ link: ClusterChain.Link) -> JSONValue {
    let (state, detail, remedy): (String, String?, String?) =
      switch link.state {
      case .holds(let detail): ("holds", detail.isEmpty ? nil : detail, nil)
      case .broken(let problem, let remedy): ("broken", problem, remedy)
      case .unknown(let why): ("unknown", why, nil)
      case .waiting: ("waiting", nil, nil)
      }
    return .fields([
      "step": .string(link.step.rawValue), "title": .string(link.step.title), "state": .string(state),
      "object": link.object.map(PlanDocument.object), "detail": detail.map { .string($0) },
      "remedy": remedy.map { .string($0) }, "documentation": Troubleshooting.json(link.code),
    ])
  }
}
