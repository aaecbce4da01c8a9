import GatewayAPI
import KubeCore
import KubeReconcile

extension HarmfulField {
  /// The harmful fields of the hub's objects.
  static let gateway = [
    HarmfulField(
      kind: ManagedKind.deployment, path: "spec.paused", effect: "no change of the gateway is rolled out"
    ) { $0.value(at: "spec", "paused") == true },
    HarmfulField(
      kind: ManagedKind.deployment,
      path: "spec.template.spec.containers[name=\(GatewayNames.container)].command",
      effect: "the pods start another program than the image's"
    ) { deployment in
      let containers = deployment.value(at: "spec", "template", "spec", "containers")?.array ?? []
      let gateway = containers.first { $0["name"]?.string == GatewayNames.container }
      return gateway?["command"]?.array?.isEmpty == false
    },
    HarmfulField(
      kind: ManagedKind.manifestWork, path: "spec.deleteOption",
      effect: "the identity's rights stay on the cluster when the work is deleted"
    ) { work in
      let policy = work.value(at: "spec", "deleteOption", "propagationPolicy")?.string
      return policy == "Orphan" || policy == "SelectivelyOrphan"
    },
    HarmfulField(
      kind: ManagedKind.manifestWork, path: "spec.executor",
      effect: "the work agent applies the identity's rights as another subject, which may lack them"
    ) { $0.value(at: "spec", "executor")?.object != nil },
    HarmfulField(
      kind: ManagedKind.manifestWork, path: "spec.manifestConfigs",
      effect: "the work agent doesn't update the identity's rights"
    ) { work in
      let configs = work.value(at: "spec", "manifestConfigs")?.array ?? []
      return configs.contains {
        ["CreateOnly", "ReadOnly"].contains($0.value(at: "updateStrategy", "type")?.string)
      }
    },
    HarmfulField(
      kind: ManagedKind.managedServiceAccount, path: "spec.ttlSecondsAfterCreation",
      effect: "the identity is deleted when that time has passed"
    ) { $0.value(at: "spec", "ttlSecondsAfterCreation") != nil },
  ]
}
