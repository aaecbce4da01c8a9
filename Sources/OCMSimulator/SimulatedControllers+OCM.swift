import KubeKindsAPIRegistration
public import KubeTesting

extension SimulatedControllers {
  /// What the manager meets on an OCM hub: OCM's controllers and agents, the gateway's pods, and the aggregator.
  ///
  /// - Parameter verify: How the aggregator verifies the gateway's certificate; `nil` accepts every one.
  public static func ocmHub(verify: Aggregator.Verification? = nil) -> SimulatedControllers {
    SimulatedControllers([
      GarbageCollector(), Registration(), AddOnManager(), TokenAgent(), WorkAgent(),
      DirectDeploymentController(startConditions: GatewayProcess.startConditions, reading: [APIService.type]),
      EndpointSliceController(), Aggregator(verify: verify),
    ])
  }
}
