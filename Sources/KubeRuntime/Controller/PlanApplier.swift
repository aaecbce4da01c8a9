public import KubeCore
public import KubeReconcile
public import KubeTransport

/// Applies plans patch by patch, in order, until one fails.
///
/// A patch that the server refuses for its content, as an admission webhook does, blocks only those
/// that depend on it: every other patch is justified by the observed state, not by earlier patches.
public struct PlanApplier: Sendable {
  /// The result of applying a plan.
  public struct Outcome: Sendable {
    /// The objects as the server returned them.
    public var written: [DynamicObject] = []
    /// The patches that took effect.
    public var applied: [ObjectPatch] = []
    /// The failure that stopped it, or else the first refusal.
    public var failure: Failure?
    /// The patches that the server refused for their content, and of a ``ControllerRunner`` also
    /// the one that keeps failing and the contended objects.
    public var refusals: [Refusal] = []
    /// The patches that a ``ControllerRunner`` didn't send yet, since another program keeps
    /// changing their objects back, and those that depend on them.
    public var heldBack: [ObjectPatch] = []
    /// Those of ``applied`` that changed their object, as far as that is known.
    var effective: [ObjectPatch] = []
    /// Those of ``refusals`` whose request wasn't refused the last time.
    var newRefusals: [Refusal] = []
  }

  /// A patch that the server refused, or whose answer was lost.
  public struct Failure: DisplayableError, Sendable {
    /// The patch.
    public var patch: ObjectPatch
    /// The error.
    public var cause: any Error

    /// The failure on one line, with the patch.
    public var description: String { "\(patch.operationName) \(patch.target): \(cause.displayedText)" }

    /// Whether the plan was based on an older state than the server's, so that the next plan will
    /// do.
    public var isStaleView: Bool {
      guard let error = cause as? KubeError else { return false }
      return [.conflict, .preconditionFailed, .alreadyExists, .notFound].contains(error.code)
    }

    /// Whether the server refused this object's content, or a webhook couldn't decide: other
    /// patches may still succeed.
    public var isRefusal: Bool {
      (cause as? KubeError)?.isRefusal ?? false
    }

    /// The failure as an observation for the next plan: the server refused the patch or, if it
    /// isn't a refusal, the patch keeps failing.
    package var refusal: Refusal {
      let error = cause as? KubeError
      let reason: Refusal.Cause =
        if error?.isMissingRight ?? false {
          .rightsMissing
        } else if isRefusal {
          .rejected
        } else {
          isStaleView ? .staleView : .failing
        }
      return Refusal(
        verb: patch.access.verb, target: patch.target, subresource: patch.subresource, cause: reason,
        message: error?.serverMessage ?? cause.displayedText)
    }
  }

  /// The client that writes.
  public var client: KubeClient

  /// Creates an applier.
  public init(_ client: KubeClient) { self.client = client }

  /// Applies `plan`'s patches.
  public func apply<Effect>(_ plan: Plan<Effect>) async -> Outcome { await apply(plan, to: [:]) }

  /// Applies `plan`'s patches to objects that were observed in `versions`.
  func apply<Effect>(_ plan: Plan<Effect>, to versions: [ObjectKey: String]) async -> Outcome {
    var (outcome, versions) = (Outcome(), versions)
    var refused = RefusedTargets()
    for patch in plan.patches where !refused.blocks(patch) {
      var isEffective = true
      do {
        if let object = try await apply(patch), patch.operation.kind != .delete {
          outcome.written.append(object)
          if let version = object.metadata.resourceVersion {
            isEffective = versions.updateValue(version, forKey: patch.target) != version
          }
        }
      } catch let error as KubeError where error.isObjectNotFound && patch.operation.kind == .delete {
        // Already deleted, as desired.
      } catch {
        let failure = Failure(patch: patch, cause: error)
        guard failure.isRefusal else {
          outcome.failure = failure
          return outcome
        }
        outcome.failure = outcome.failure ?? failure
        outcome.refusals.append(failure.refusal)
        refused.insert(patch.target)
        continue
      }
      outcome.applied.append(patch)
      if isEffective { outcome.effective.append(patch) }
    }
    return outcome
  }

  private func apply(_ patch: ObjectPatch) async throws -> DynamicObject? {
    do {
      return try await client.apply(patch)
    } catch let error as KubeError where error.mayHaveTakenEffect {
      guard let request = await mergePatch(insteadOf: patch) else { throw error }
      return try await client.object(request, expecting: AnswerKind(patch.target.type))
    }
  }

  /// Returns a merge patch with the effect of an apply that was cut off, if the object has no
  /// managedFields; `nil` otherwise.
  ///
  /// The aggregation layer of Kubernetes 1.20 keeps none for APIServices: it answers an apply of
  /// one by cutting the connection, and leaves the object unchanged. A merge patch (RFC 7396) then
  /// loses no ownership. Like the apply, it has its preconditions in the object's metadata.
  private func mergePatch(insteadOf patch: ObjectPatch) async -> KubeRequest? {
    guard case .apply = patch.operation, patch.precondition != .absent,
      let object = try? await client.find(patch.target), !object.hasManagedFields
    else { return nil }
    return .mergePatch(
      patch.target, patch.body, subresource: patch.subresource,
      options: WriteOptions(fieldManager: client.fieldManager))
  }
}

extension Refusal {
  /// Creates the refusal of listing a kind that the server doesn't serve: a list has no other
  /// reason for 404.
  init(unserved selection: ObjectSelection, _ error: KubeError) {
    self.init(
      verb: "list",
      target: ObjectKey(selection.type, namespace: selection.namespace, name: selection.name ?? ""),
      cause: .unserved, message: error.serverMessage)
  }

  /// Creates the refusal of a request by the server's authorizer; `nil` for any other error.
  package init?(
    missingRight error: KubeError, verb: String, target: ObjectKey, subresource: String? = nil
  ) {
    guard error.isMissingRight else { return nil }
    self.init(
      verb: verb, target: target, subresource: subresource, cause: .rightsMissing,
      message: error.serverMessage)
  }
}

extension KubeError {
  /// Whether the server's authorizer refused the request, or an admission plugin for want of a
  /// right, and not a webhook, a policy or a quota, which answer 403 as well.
  ///
  /// Only Kubernetes' message distinguishes them: `pods "a" is forbidden: User "b" cannot get …`.
  package var isMissingRight: Bool {
    guard code == .forbidden else { return false }
    guard let message = status?.message else { return true }
    // A webhook may quote such a message.
    guard !message.hasPrefix("admission webhook "), let start = message.firstRange(of: "forbidden: ") else {
      return false
    }
    let reason = message[start.upperBound...]
    return reason.hasPrefix("User \"") && reason.contains("\" cannot ")
      || reason.hasPrefix("user \"") && reason.contains("permissions not currently held")
      || reason.hasPrefix("cannot set blockOwnerDeletion") || reason.hasPrefix("cannot set an ownerRef")
  }
}
