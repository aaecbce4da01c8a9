import KubeTransport
enum HubConnection {
  static func open<R>(kubeconfig: String, context: String?, _ body: (KubeClient) async throws -> R) async throws -> R {
    throw CommandFailure("not yet")
  }
}
