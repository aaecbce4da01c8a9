package import KubeCore

/// The conditions for a request to reach a managed cluster through the gateway, in their order,
/// from the cluster's acceptance to the probe, and whether each holds.
///
/// For an object of the manager's the cluster's plan decides: a finding about the object, or a
/// change of it, breaks the link.
package struct ClusterChain: Sendable, Hashable {
  /// The links, in their order.
  package enum Step: String, Sendable, Hashable, CaseIterable {
    case installed, accepted, joined, available, selected, enabled, agent, account, token, rights, credential,
      gateway, probe

    /// The condition, as a sentence for people.
    package var title: String {
      switch self {
      case .installed: "the gateway is installed on the hub"
      case .accepted: "the hub accepts the cluster"
      case .joined: "the cluster has joined"
      case .available: "the cluster is available"
      case .selected: "the configuration selects the cluster"
      case .enabled: "the add-on is enabled on the cluster"
      case .agent: "the managed-serviceaccount agent is available"
      case .account: "the gateway's identity is there"
      case .token: "the cluster has reported the identity's token"
      case .rights: "the cluster has applied the identity's rights"
      case .credential: "the gateway has the token"
      case .gateway: "the gateway is available"
      case .probe: "the cluster answers through the gateway"
      }
    }
  }

  /// Whether a link holds.
  package enum State: Sendable, Hashable {
    /// It holds; a detail for people.
    case holds(String)
    /// It doesn't hold.
    case broken(problem: String, remedy: String)
    /// Unknown, and why.
    case unknown(String)
    /// It can't hold before an earlier link does.
    case waiting
  }

  /// One link.
  package struct Link: Sendable, Hashable {
    /// The condition.
    package var step: Step
    /// The object that decides it; `nil` if there is no single one.
    package var object: ObjectKey?
    /// Whether it holds.
    package var state: State
    /// The code of the finding or the reason of the condition that breaks it, or that of the
    /// problem; `nil` if it isn't broken, or by something that has no code.
    package var code: String?
  }

  /// Whether requests reach the cluster.
  package enum Verdict: Sendable, Hashable {
    /// They do: the cluster has just answered, or every link holds.
    case reached
    /// They do, as the cluster has just answered, although a link is broken.
    case reachedDespite(Step)
    /// They don't: the cluster has just failed to answer, or a link is broken.
    case notReached
    /// A link is broken, but the manager's last report is that the cluster answers.
    case doubtful(Step)
    /// No link is broken, but some are unknown.
    case unknown
  }

  /// The cluster's name.
  package let cluster: String
  /// Whether the cluster was probed for this chain, and answered; `nil` if that shows nothing.
  private let hasAnswered: Bool?
  /// The links; those of the identity are left out where a person creates the gateway Secrets.
  package private(set) var links: [Link] = []

  /// The first broken link.
  package var firstBroken: Link? {
    links.first { if case .broken = $0.state { true } else { false } }
  }

  /// Whether requests reach the cluster. An answer to a probe decides; the links explain it.
  package var verdict: Verdict {
    let broken = firstBroken?.step
    if hasAnswered == true { return broken.map { .reachedDespite($0) } ?? .reached }
    if hasAnswered == false { return .notReached }
    func holds(_ link: Link) -> Bool { if case .holds = link.state { true } else { false } }
    if let broken { return links.last.map(holds) ?? false ? .doubtful(broken) : .notReached }
    return links.allSatisfy(holds) ? .reached : .unknown
  }

  /// Creates the chain of a cluster.
  ///
  /// - Parameters:
  ///   - state: What was observed of the cluster; a probe's result if the cluster was just probed.
  ///   - plan: The plan for `state`.
  ///   - gateway: Whether the gateway's API is served; `nil` if that wasn't observed.
  ///   - gaps: The rights that the reader lacks.
  package init(
    _ state: ClusterState, plan: GatewayPlan, gateway: GatewayHealth?, gaps: ReaderGaps = ReaderGaps()
  ) {
    cluster = state.name
    hasAnswered =
      switch state.probe {
      case .reached?: true
      case .failed?: false
      case .forbidden?, .inconclusive?, nil: nil
      }
    var builder = ChainBuilder(state: state, plan: gaps.known(of: plan), unknown: gaps.unknown(of: plan))
    builder.build(gateway: gateway)
    links = builder.links
  }
}
