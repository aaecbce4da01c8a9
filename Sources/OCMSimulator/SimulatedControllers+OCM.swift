import KubeKindsAPIRegistration
public import KubeTesting

extension SimulatedControllers {
  /// The controllers of an OCM hub: OCM's controllers and agents, the gateway's pods, and the
  /// aggregator.
  ///
  /// - Parameter verify: The aggregator's verification of the gateway's certificate; `nil` accepts
  ///   every one.
  public static func ocmHub(verify: Aggregator.Verification? = nil) -> SimulatedControllers {
    SimulatedControllers([
      GarbageCollector(), Registration(), AddOnManager(), TokenAgent(), WorkAgent(),
      DirectDeploymentController(startConditions: GatewayProcess.startConditions, reading: [APIService.type]),
      EndpointSliceController(), Aggregator(verify: verify),
    ])
  }
}
