import ArgumentParser
import Foundation
import GatewayManager
import GatewayReconcile
import KubeCore
import KubeTransport
import KubeYAML

/// Where a hub that is only looked at comes from, and as of when.
struct HubOptions: ParsableArguments {
  @Option(
    name: [.short, .customLong("filename")],
    help: "A file, a folder, or - for standard input; may be repeated.")
  var file: [String] = []

  @Option(help: "Read the hub that this kubeconfig leads to, instead of files.")
  var kubeconfig: String?

  @Option(help: "The kubeconfig's context.")
  var context: String?

  @Option(help: "The time to tell for (RFC 3339); now, unless given.")
  var at: String?

  @Option(help: "The namespace that the manager runs in.")
  var namespace = ManagerIdentity().namespace

  @Option(help: "The Secret with the certificate authority.")
  var signerSecretName = ManagerIdentity().signerSecretName

  func validate() throws {
    if !file.isEmpty && kubeconfig != nil {
      throw ValidationError("give either -f with a hub's objects, or --kubeconfig")
    }
    if !file.isEmpty && context != nil {
      throw ValidationError("--context chooses among a kubeconfig's clusters; leave it out with -f")
    }
    if let at, Timestamp(rfc3339: at) == nil {
      throw ValidationError("--at \(at): not an RFC 3339 time; write it like 2026-12-01T00:00:00Z")
    }
    try identity.validateFlags()
  }

  /// The manager that it is all about.
  var identity: ManagerIdentity {
    ManagerIdentity(namespace: namespace, signerSecretName: signerSecretName)
  }

  /// The time that was given.
  var givenTime: Date? { at.flatMap { Timestamp(rfc3339: $0)?.date } }

  /// The hub, and the time there unless another was given. Without files it is the API server that the kubeconfig leads
  /// to, or else the one that kubectl would find.
  func read() async throws -> (hub: HubModel, time: Date) {
    guard file.isEmpty else {
      var model = HubModel(identity: identity)
      for located in try ManifestFiles(reading: file).objects { _ = model.insert(located.object) }
      return (model, givenTime ?? Date())
    }
    return try await HubConnection.open(kubeconfig: kubeconfig, context: context) { client, clock in
      (try await HubSnapshot(client, identity: identity).read(), givenTime ?? clock.now)
    }
  }
}
