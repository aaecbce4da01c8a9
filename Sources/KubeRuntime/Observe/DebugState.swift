public import KubeCore
import KubeReconcile
import Synchronization

/// A service that shows its state to people who diagnose a problem.
public protocol DebuggableService: Sendable {
  /// The state as JSON, without secrets and without objects' contents.
  var debugState: JSONValue { get }
}

extension ControllerRunner: DebuggableService {
  /// The watches with their progress, the queue, the contended objects, and the last findings and
  /// failures by key.
  public var debugState: JSONValue {
    let (waiting, processing) = (queue.depth, queue.processingCount)
    return state.withLock { state in
      [
        "controller": .string(name),
        "isSynced": .bool(state.isSynced),
        "isWorking": .bool(state.isWorking),
        "queue": ["waiting": waiting.json, "processing": processing.json],
        "writes": state.writes.json,
        "watches": .array(
          state.selections.sorted { $0.description < $1.description }.map { selection in
            [
              "selection": .string("\(selection)"),
              "objects": (state.stores[selection]?.count ?? 0).json,
              "isListed": .bool(state.listed.contains(selection)),
              "isRefused": .bool(state.refused.contains(selection)),
            ]
          }),
        "contended": .array(
          state.contention.refusals.map { "\($0.target): \($0.message)" }.sorted().map { .string($0) }),
        "findings": .object(
          JSONObject(state.findings.map { ("\($0)", .array($1.map { .string("\($0)") })) })),
        "failures": .object(JSONObject(state.failures.map { ("\($0)", .string($1)) })),
      ]
    }
  }
}

extension LeadingServices: DebuggableService {
  /// The states of the services that have one.
  public var debugState: JSONValue {
    ["services": .array(services.compactMap { ($0 as? any DebuggableService)?.debugState })]
  }
}
