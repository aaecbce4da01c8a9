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
    discussion: "Apply it with: gateway-manager manifests | kubectl apply --server-side -f -")

  @Option(help: "The operator's image.")
  var image = "gateway-manager:latest"

  @Option(help: "How many replicas of the operator; one works at a time.")
  var replicas: Int32 = 1

  @Option(help: "The namespace that the operator runs in.")
  var namespace = ManagerIdentity().namespace

  @Option(help: "The Secret with the certificate authority.")
  var signerSecretName = ManagerIdentity().signerSecretName

  @Option(help: "cluster-gateway's image.")
  var gatewayImage = "oamdev/cluster-gateway:v1.1.11"

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

  private var identity: ManagerIdentity {
    ManagerIdentity(namespace: namespace, signerSecretName: signerSecretName)
  }

  func validate() throws {
    try identity.validateFlags()
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
        identity: identity, image: image,
        replicas: replicas, configuration: spec))
    StandardStreams.output(YAMLWriter().documents(manifests.objects))
  }
}
