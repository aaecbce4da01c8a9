public import KubeCore
public import KubeReconcile
import Logging

/// The controller-specific part of applying plans: performs effects and reports.
public protocol PlanHandler<Model>: Sendable {
  /// The model that plans are made from.
  associatedtype Model: ControllerModel

  /// Called when a plan was made for `key`, before it is applied; must not block. Does nothing by
  /// default.
  func willApply(
    _ result: Model.Result, for key: Model.Key, at time: Date, in runner: ControllerRunner<Model>)

  /// Called when a plan's patches were sent or one of them failed, and their answers are in the
  /// model: performs the plan's effects, or throws `outcome`'s failure.
  ///
  /// An error has the key retried with backoff: `outcome`'s failure must be thrown, an effect's
  /// may. Only the description of a ``DisplayableError`` is logged and shown, of any other error
  /// its type. After a ``TerminalError`` it waits for a change or the plan's `requeueAfter`
  /// instead. Patches that are held back are in a later plan; an effect that depends on them waits
  /// for that.
  func didApply(
    of result: Model.Result, for key: Model.Key, outcome: PlanApplier.Outcome,
    in runner: ControllerRunner<Model>
  ) async throws
}

extension PlanHandler {
  /// Does nothing.
  public func willApply(
    _ result: Model.Result, for key: Model.Key, at time: Date, in runner: ControllerRunner<Model>
  ) {}
}

/// Performs the effects of a `Controller`'s plans, and records what the plans looked up, and the
/// transitions of conditions as Events.
struct EffectHandler<Object: KubeObject, Effect: PlanEffect>: PlanHandler {
  typealias Model = ControllerCache<Object, Effect>

  let perform: @Sendable (Effect) async throws -> Void

  func willApply(
    _ result: Model.Result, for key: ObjectKey, at time: Date, in runner: ControllerRunner<Model>
  ) {
    runner.update { $0.recordLookups(of: result, for: key) }
  }

  func didApply(
    of result: Model.Result, for key: ObjectKey, outcome: PlanApplier.Outcome,
    in runner: ControllerRunner<Model>
  ) async throws {
    guard let object = result.object else {
      if let failure = outcome.failure { throw failure }
      return
    }
    // Reported even if something else failed: the next plan finds no transition any more.
    let isStatusWritten = outcome.applied.contains { $0.target == key && $0.subresource == "status" }
    if let recorder = runner.recorder, isStatusWritten {
      for condition in result.transitions {
        recorder.record(
          object, condition.status == .false ? .warning : .normal, reason: condition.reason,
          message: condition.message)
      }
    }
    // What is retried alike isn't reported again: an object has a budget of Events.
    for refusal in outcome.newRefusals {
      runner.recorder?.record(
        object, .warning, reason: refusal.cause.code.rawValue,
        message: "\(refusal.problemWithObject); \(refusal.remedy)")
    }
    if let failure = outcome.failure { throw failure }
    // Effects follow the whole plan, which is made again when the delay is over.
    guard outcome.heldBack.isEmpty else { return }
    // A permanently failed effect doesn't stop the others.
    var terminal: TerminalError?
    for effect in result.plan.effects {
      try Task.checkCancellation()
      // Another object's change is not a reason for a retry.
      if let failure = runner.model.failure(of: effect, for: key) {
        terminal = terminal ?? TerminalError(failure)
        continue
      }
      do {
        try await perform(effect)
      } catch {
        if Task.isCancelled, !(error is TerminalError) { throw error }
        let text = error.displayedText
        if runner.lastFailure(of: key) != text {
          runner.recorder?.record(
            object, .warning, reason: Finding.Code.effectFailed.rawValue, message: text)
        }
        guard let error = error as? TerminalError else { throw error }
        runner.update { $0.record(effect, for: key, of: object, failure: error.description) }
        terminal = terminal ?? error
        continue
      }
      runner.update { $0.record(effect, for: key, of: object) }
    }
    if let terminal { throw terminal }
  }
}
