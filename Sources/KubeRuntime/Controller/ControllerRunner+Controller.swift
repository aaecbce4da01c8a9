import KubeCore
public import KubeReconcile
public import KubeTransport
public import Logging

extension ControllerRunner {
  /// Creates a runner of a `Controller`; nothing happens before ``run()``.
  ///
  /// - Parameters:
  ///   - controller: The controller.
  ///   - client: The client that reads and writes.
  ///   - options: The options.
  ///   - logger: Logs writes, findings and failures.
  ///   - perform: Performs an effect. If it throws, the object is retried with backoff; after a
  ///     ``TerminalError`` the effect isn't retried until the object itself changes. The log,
  ///     Events and the debug state show the description of a ``DisplayableError``; of any other
  ///     error, which may hold secrets, they show the type. `PlanEffect` says when an effect is
  ///     performed again.
  public convenience init<Object, Effect>(
    _ controller: Controller<Object, Effect>, client: KubeClient, options: Options = Options(),
    logger: Logger, perform: @escaping @Sendable (Effect) async throws -> Void
  ) where Model == ControllerCache<Object, Effect> {
    var client = client
    client.fieldManager = controller.fieldManager
    self.init(
      ControllerCache(controller), name: controller.fieldManager, client: client, options: options,
      handler: EffectHandler<Object, Effect>(perform: perform), logger: logger)
  }

  /// Creates a runner of a `Controller` without effects; nothing happens before ``run()``.
  public convenience init<Object>(
    _ controller: Controller<Object, Never>, client: KubeClient, options: Options = Options(), logger: Logger
  ) where Model == ControllerCache<Object, Never> {
    self.init(controller, client: client, options: options, logger: logger, perform: { _ in })
  }
}
