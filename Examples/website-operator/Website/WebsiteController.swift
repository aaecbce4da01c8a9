import KubeCore
import KubeKindsApps
import KubeKindsCore
public import KubeReconcile

/// An action of the operator's outside the cluster.
public enum DNSChange: PlanEffect {
  case publish(host: String), withdraw(host: String)
}

extension Website {
  /// The operator, which declares the desired objects of each Website.
  public static let controller = Controller(
    Website.self, effects: DNSChange.self, fieldManager: "website-operator"
  ) { context in
    let website = context.object
    let labels = ["website": website.metadata.name]
    let metadata = context.ownedMetadata(labels: labels)
    let web = Container(
      name: "web", image: website.spec.image, ports: [ContainerPort(name: "http", containerPort: 8080)])
    context.ensure(
      Deployment(
        metadata: metadata,
        spec: DeploymentSpec(
          replicas: website.spec.replicas, selector: LabelSelector(matchLabels: labels),
          template: PodTemplateSpec(
            metadata: TemplateMeta(labels: labels), spec: PodSpec(containers: [web])))))
    context.ensure(
      Service(
        metadata: metadata,
        spec: ServiceSpec(
          ports: [ServicePort(name: "http", port: 80, targetPort: .string("http"))], selector: labels)))
    guard context.perform(.publish(host: website.spec.host)) else { return }
    context.setStatus(\.status.url, "http://\(website.spec.host)")
    let ready = context.observed(Deployment.self, name: website.metadata.name)?.status.availableReplicas ?? 0
    let isAvailable = ready > 0 || website.spec.replicas == 0
    context.setCondition(
      "Available", isAvailable ? .true : .false, reason: isAvailable ? "PodsReady" : "NoPodReady",
      message: "\(ready) of \(website.spec.replicas) pods are ready")
  }
  .owns(Deployment.self).owns(Service.self)
  .finalizer("example.com/dns") { .withdraw(host: $0.spec.host) }
}
