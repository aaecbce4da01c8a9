public import GatewayReconcile
public import KubeCore
public import KubeTransport

/// Carries out plans: patch by patch, in order, until one fails.
public struct PlanApplier: Sendable {
  /// What came of carrying out a plan.
  public struct Outcome: Sendable {
    /// The objects as the server returned them.
    public var written: [DynamicObject] = []
    /// How many patches took effect.
    public var applied = 0
    /// What stopped it.
    public var failure: Failure?
  }

  /// A patch that the server refused, or whose answer was lost.
  public struct Failure: Error, Sendable, CustomStringConvertible {
    /// The patch.
    public var patch: ObjectPatch
    /// Why.
    public var cause: any Error

    /// The failure in words.
    public var description: String { "\(patch.operationName) \(patch.target): \(cause)" }

    /// Whether the plan was made from an older view than the server's: the next plan will do.
    public var isStaleView: Bool {
      guard let error = cause as? KubeError else { return false }
      return [.conflict, .preconditionFailed, .alreadyExists, .notFound].contains(error.code)
    }
  }

  /// The client that writes.
  public var client: KubeClient

  /// An applier.
  public init(_ client: KubeClient) { self.client = client }

  /// Carries out `plan`'s patches.
  public func apply(_ plan: Plan) async -> Outcome {
    var outcome = Outcome()
    for patch in plan.patches {
      do {
        if let object = try await client.apply(patch), patch.operationName != "delete" {
          outcome.written.append(object)
        }
      } catch let error as KubeError where error.code == .notFound && patch.operationName == "delete" {
        // Gone already, which is what was wanted.
      } catch {
        outcome.failure = Failure(patch: patch, cause: error)
        return outcome
      }
      outcome.applied += 1
    }
    return outcome
  }
}
