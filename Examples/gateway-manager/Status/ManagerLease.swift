import GatewayReconcile
import KubeCore
import KubeKindsCoordination
import KubeRuntime
import KubeTransport

/// The state of the manager's Lease.
enum ManagerLease: Sendable {
  /// The instance that renewed the Lease last; whether it still holds the Lease follows from the
  /// time.
  case held(by: String, renewed: Date, duration: Double)
  /// No Lease in the namespace, or one without a holder: no manager has run there, or one without
  /// leader election.
  case unheld(namespace: String)
  /// A Lease that can't be read.
  case unknown

  /// Reads the Lease.
  init(_ client: KubeClient, namespace: String) async throws {
    do {
      let lease = try await client.find(
        Lease.self, namespace: namespace, name: ManagerIdentity.leaseName)
      guard let spec = lease?.spec, let holder = spec.holderIdentity, !holder.isEmpty,
        let renewed = spec.renewTime
      else {
        self = .unheld(namespace: namespace)
        return
      }
      self = .held(by: holder, renewed: renewed, duration: Double(spec.leaseDurationSeconds ?? 15))
    } catch let error as KubeError where error.isMissingRight {
      self = .unknown
    }
  }

  /// The pod that holds the Lease; `nil` if none does. A holder is called by its host, which is the
  /// pod's name, and a unique suffix.
  var pod: String? {
    guard case .held(let holder, _, _) = self, let end = holder.lastIndex(of: "_") else { return nil }
    let name = String(holder[..<end])
    return NameRules.dnsSubdomainProblem(name) == nil ? name : nil
  }

  /// Whether the manager runs; `nil` if that is unknown.
  func isRunning(at now: Date) -> Bool? {
    switch self {
    case .held(_, let renewed, let duration): now.timeIntervalSince(renewed) <= duration
    case .unheld, .unknown: nil
    }
  }

  /// The state for people.
  func words(at now: Date) -> String {
    switch self {
    case .held(let holder, let renewed, _):
      let when = "its Lease was renewed \(TimeText.distance(to: min(renewed, now), from: now))"
      return isRunning(at: now) ?? false ? "\(holder), \(when)" : "\(holder) has stopped: \(when)"
    case .unheld(let namespace):
      return
        "unknown: nothing holds a Lease \(ManagerIdentity.leaseName) in namespace \(namespace). It has not started there (see `kubectl -n \(namespace) get pods`), runs in another namespace (-n), or without leader election"
    case .unknown: return "you may not read its Lease"
    }
  }
}
