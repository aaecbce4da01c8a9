import KubeCore
public import KubeReconcile
import Logging

public import struct Foundation.Date

/// What is particular to a controller's plans besides their writes: how effects are performed, and what else is
/// reported.
public protocol PlanHandler<Model>: Sendable {
  /// What plans are made from.
  associatedtype Model: ControllerModel

  /// A plan was made for `key`, and is about to be carried out; must not block. Does nothing by default.
  func willCarryOut(
    _ result: Model.Result, for key: Model.Key, at time: Date, in runner: ControllerRunner<Model>)

  /// Ends a plan whose patches were sent and whose answers are in the model: performs its effects.
  ///
  /// Throws what makes the key come back after a growing delay: `outcome`'s failure, or an effect's. A
  /// ``TerminalError`` makes it wait for a change instead.
  func finish(
    _ result: Model.Result, for key: Model.Key, outcome: PlanApplier.Outcome,
    in runner: ControllerRunner<Model>
  ) async throws
}

extension PlanHandler {
  /// Does nothing.
  public func willCarryOut(
    _ result: Model.Result, for key: Model.Key, at time: Date, in runner: ControllerRunner<Model>
  ) {}
}

/// Performs the effects of a ``Controller``'s plans, and records the transitions of conditions as Events.
struct EffectHandler<Object: KubeObject, Effect: PlanEffect>: PlanHandler {
  typealias Model = ControllerCache<Object, Effect>

  let perform: @Sendable (Effect) async throws -> Void

  func finish(
    _ result: Model.Result, for key: ObjectKey, outcome: PlanApplier.Outcome,
    in runner: ControllerRunner<Model>
  ) async throws {
    guard let object = result.object else {
      if let failure = outcome.failure { throw failure }
      return
    }
    // What others see now is reported now, whatever failed besides: the next plan finds no transition any more.
    let isStatusWritten = outcome.applied.contains { $0.target == key && $0.subresource == "status" }
    if let recorder = runner.recorder, isStatusWritten {
      for condition in result.transitions {
        recorder.record(
          object, condition.status == .false ? .warning : .normal, reason: condition.reason,
          message: condition.message)
      }
    }
    if let failure = outcome.failure { throw failure }
    // An effect that fails for good says nothing about the others.
    var terminal: TerminalError?
    for effect in result.plan.effects {
      try Task.checkCancellation()
      // Another object's change is no reason to try again.
      if let failure = runner.model.failure(of: effect, for: key) {
        terminal = terminal ?? TerminalError(failure)
        continue
      }
      do {
        try await perform(effect)
      } catch let error as TerminalError {
        runner.update { $0.note(effect, for: key, of: object, failure: error.description) }
        terminal = terminal ?? error
        continue
      }
      runner.update { $0.note(effect, for: key, of: object) }
    }
    if let terminal { throw terminal }
  }
}
