import KubeCore
import KubeKindsCoordination

/// The rules of leader election over a Lease, without clock or I/O.
///
/// As in client-go, only the local clock counts: a lease has expired when it wasn't *seen* to
/// change for its duration, whatever times are written in it, since other machines' clocks can't be
/// trusted.
struct LeaseRules: Sendable {
  /// The action to take on the lease.
  enum Decision: Sendable, Hashable {
    /// The lease doesn't exist: create it.
    case create(LeaseSpec)
    /// The process holds the lease or may take it: write this, on the condition that it hasn't
    /// changed.
    case write(LeaseSpec, uid: String, resourceVersion: String)
    /// Another process holds the lease.
    case wait(holder: String)
  }

  let identity: String
  let leaseDuration: Duration

  private var seen: LeaseSpec?
  private var seenAt: Duration = .zero

  init(identity: String, leaseDuration: Duration) {
    self.identity = identity
    self.leaseDuration = leaseDuration
  }

  // Rounded up: others must not take the lease while this process still holds it.
  private var leaseSeconds: Int32 {
    let (seconds, attoseconds) = leaseDuration.components
    return Int32(clamping: max(1, attoseconds > 0 ? seconds + 1 : seconds))
  }

  /// Returns the action for `lease`, which was read at `elapsed` on the local clock; `now` is only
  /// written into it.
  mutating func decide(_ lease: Lease?, elapsed: Duration, now: Date) -> Decision {
    guard let lease else {
      seen = nil
      return .create(
        LeaseSpec(
          holderIdentity: identity, leaseDurationSeconds: leaseSeconds, acquireTime: now, renewTime: now,
          leaseTransitions: 0))
    }
    if seen != lease.spec {
      seen = lease.spec
      seenAt = elapsed
    }
    var spec = lease.spec
    let holder = spec.holderIdentity ?? ""
    // The holder's own duration counts: it may be configured differently.
    let duration = spec.leaseDurationSeconds.map { Duration.seconds($0) } ?? leaseDuration
    if holder != identity {
      if !holder.isEmpty, elapsed - seenAt < duration { return .wait(holder: holder) }
      spec.holderIdentity = identity
      spec.acquireTime = now
      spec.leaseTransitions = Int32(clamping: Int64(spec.leaseTransitions ?? 0) + 1)
    }
    spec.renewTime = now
    spec.leaseDurationSeconds = leaseSeconds
    return .write(
      spec, uid: lease.metadata.uid ?? "", resourceVersion: lease.metadata.resourceVersion ?? "")
  }

  /// Returns the spec that gives up the lease, so that another process may take it at once; `nil`
  /// if this one doesn't hold it.
  func release(_ lease: Lease, now: Date) -> LeaseSpec? {
    guard lease.spec.holderIdentity == identity else { return nil }
    var spec = lease.spec
    spec.holderIdentity = ""
    spec.leaseDurationSeconds = 1
    spec.renewTime = now
    return spec
  }
}
