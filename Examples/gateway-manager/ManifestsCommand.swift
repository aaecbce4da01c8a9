import ArgumentParser
import GatewayAPI
import GatewayManager
import GatewayReconcile
import KubeCore
import KubeYAML

/// `manifests`: what a hub's administrator applies to install the operator.
struct ManifestsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "manifests",
    abstract: "Prints everything that installs the operator on a hub.",
    discussion: """
      The configuration needs its kind to be known, so apply it once the rest is in place:
        gateway-manager manifests --part installation | kubectl apply --server-side -f -
        kubectl wait --for condition=established crd/clustergatewayconfigurations.proxy.open-cluster-management.io
        gateway-manager manifests --part configuration | kubectl apply --server-side -f -
      """)

  /// What is printed.
  enum Part: String, CaseIterable, ExpressibleByArgument {
    case all, installation, configuration
  }

  @Option(help: "What to print: all, or installation or configuration alone.")
  var part = Part.all

  @Option(help: "The operator's image.")
  var image = "gateway-manager:latest"

  @Option(help: "How many replicas of the operator; one works at a time.")
  var replicas: Int32 = 1

  @OptionGroup var manager: ManagerOptions

  @Option(help: "cluster-gateway's image.")
  var gatewayImage = GatewayRelease.newestImage

  @Option(help: "The namespace that cluster-gateway is installed in.")
  var installNamespace = "vela-system"

  @Option(help: "The namespace of the clusters' credentials.")
  var secretNamespace = "open-cluster-management-credentials"

  @Option(help: "How the gateway reaches the clusters: Direct or ClusterProxy.")
  var egress = "Direct"

  @Option(help: "The host of cluster-proxy's entry point.")
  var proxyHost = "proxy-entrypoint.open-cluster-management-addon"

  @Option(help: "The port of cluster-proxy's entry point.")
  var proxyPort: Int32 = 8090

  @Option(help: "The namespace of cluster-proxy's credentials.")
  var proxyNamespace = "open-cluster-management-addon"

  func validate() throws {
    guard !image.isEmpty, !image.contains(where: \.isWhitespace) else {
      throw ValidationError(
        "--image \"\(image)\": not an image; write it like registry.example.org/manager:1.0")
    }
    guard replicas >= 0 else { throw ValidationError("--replicas takes a number from 0 on") }
  }

  func run() async throws {
    var spec = ClusterGatewayConfiguration.Spec()
    spec.image = gatewayImage
    spec.installNamespace = installNamespace
    spec.secretNamespace = secretNamespace
    spec.egress.type = EgressType(name: egress)
    if spec.egress.type == .clusterProxy {
      spec.egress.clusterProxy = ClusterGatewayConfiguration.ClusterProxy(
        proxyServerHost: proxyHost, proxyServerPort: proxyPort,
        credentials: ClusterGatewayConfiguration.ProxyCredentials(
          namespace: proxyNamespace, proxyClientSecretName: "proxy-client",
          proxyClientCASecretName: "proxy-server-ca"))
    }
    let example = ClusterGatewayConfiguration(
      metadata: ObjectMeta(name: ManagerIdentity.addOnName), spec: spec)
    let problems = example.validate()
    guard problems.isEmpty else { throw CommandFailure(problems.map(\.description).joined(separator: "\n")) }
    let manifests = InstallManifests(
      InstallManifests.Options(
        identity: manager.identity, image: image,
        replicas: replicas, configuration: spec))
    let objects = manifests.objects.filter { object in
      let isConfiguration = object["kind"]?.string == ClusterGatewayConfiguration.type.kind
      return part == .all || isConfiguration == (part == .configuration)
    }
    StandardStreams.output(YAMLWriter().documents(objects))
  }
}
