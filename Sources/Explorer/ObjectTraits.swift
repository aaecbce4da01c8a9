import CertificatePolicy
import GatewayAPI
import GatewayReconcile
import KubeCore
import KubeKindsAPIRegistration
import KubeKindsApps
import KubeKindsCore
import KubeTesting
import OCMSimulator

/// The oracle's view of an object, parsed once.
struct ObjectTraits {
  struct PodTraits {
    var name: String
    var namespace: String
    var serves: Bool
    var hasTunnel: Bool
    var secretNamespace: String?
    var mounts: [String]
  }

  struct Account {
    var uid: String
    var isLeaving: Bool
  }

  enum Role {
    case other
    case pod(PodTraits)
    case addOn(isLeaving: Bool, isManual: Bool)
    case configuration(
      egress: ClusterGatewayConfiguration.EgressType?, secretNamespace: String, account: String)
    case cluster(isLeaving: Bool, isServed: Bool)
    case clusterAddOn(isLeaving: Bool, conditions: [Condition])
    case account(isLeaving: Bool)
    case work(subjects: Set<String>, isApplied: Bool)
    case apiService(namespace: String?, bundle: [CertificateFacts], isAvailable: Bool)
    case deployment(hasTunnel: Bool, secretNamespace: String?, image: String?)
    case gatewaySecret(endpoint: String?, account: String?, accountUID: String?, clusterUID: String?)
    case tokenSecret
    indirect case servingSecret(leaf: CertificateFacts?)
    case signerSecret(keys: Set<String>)
  }

  var role = Role.other
  var uid: String
  var isOurs: Bool
  var hasOurLabel: Bool
  var owners: [String]
  /// The uids that the object references, its own excepted.
  var mentionedUIDs: [String]
  /// The serial numbers of the certificates and keys in it.
  var serials: [Int] = []
  /// The digest of a Secret's data.
  var data: Fingerprint?

  init(_ object: DynamicObject) {
    let metadata = object.metadata
    uid = metadata.uid ?? ""
    owners = metadata.ownerReferences.map(\.uid)
    mentionedUIDs = owners
    hasOurLabel = metadata.labels[ManagerIdentity.managedByLabel] == ManagerIdentity.fieldManager
    let managers = (try? object.managedFields())?.filter { $0.subresource == nil }.map(\.manager) ?? []
    isOurs =
      hasOurLabel || managers.contains(ManagerIdentity.fieldManager) || managers.contains("addon-manager")
    let isLeaving = metadata.deletionTimestamp != nil
    switch object.groupKind {
    case Pod.type.groupKind:
      guard let pod = try? object.decode(Pod.self) else { return }
      let arguments = pod.spec.containers.flatMap(\.args)
      role = .pod(
        PodTraits(
          name: metadata.name, namespace: metadata.namespace ?? "",
          serves: !isLeaving && pod.status.conditions.isTrue("Ready")
            && metadata.labels[GatewayLabels.addOnName] != nil,
          hasTunnel: ObjectTraits.hasTunnel(arguments),
          secretNamespace: ObjectTraits.secretNamespace(arguments),
          mounts: pod.spec.volumes.compactMap { $0.secret?.secretName }))
    case ClusterManagementAddOn.type.groupKind where metadata.name == ManagerIdentity.addOnName:
      let strategy = object.json.value(at: "spec", "installStrategy", "type")?.string
      role = .addOn(isLeaving: isLeaving, isManual: strategy ?? "Manual" == "Manual")
    case ClusterGatewayConfiguration.type.groupKind:
      guard let spec = (try? object.decode(ClusterGatewayConfiguration.self))?.spec.defaulted() else {
        return
      }
      role = .configuration(
        egress: spec.egress.type, secretNamespace: spec.secretNamespace,
        account: spec.managedServiceAccountName)
    case ManagedCluster.type.groupKind:
      role = .cluster(
        isLeaving: isLeaving,
        isServed: object.json.value(at: "spec", "hubAcceptsClient") == true
          && metadata.annotations[OCMAnnotations.disableAutomaticInstallation] != "true")
    case ManagedClusterAddOn.type.groupKind where metadata.name == ManagerIdentity.addOnName:
      let addOn = try? object.decode(ManagedClusterAddOn.self)
      role = .clusterAddOn(isLeaving: isLeaving, conditions: addOn?.status.conditions ?? [])
    case ManagedServiceAccount.type.groupKind: role = .account(isLeaving: isLeaving)
    case ManifestWork.type.groupKind:
      guard let work = try? object.decode(ManifestWork.self) else { return }
      let subjects = work.spec.workload.manifests.flatMap { $0["subjects"]?.array ?? [] }
      role = .work(
        subjects: Set(subjects.compactMap { $0["name"]?.string }),
        isApplied: work.status.conditions.isTrue("Applied"))
    case APIService.type.groupKind where metadata.name == GatewayNames.apiService:
      guard let service = try? object.decode(APIService.self) else { return }
      let text = service.spec.caBundle.map { String(decoding: $0, as: UTF8.self) } ?? ""
      serials = SimulatedPKI.serials(in: text)
      role = .apiService(
        namespace: service.spec.service?.namespace, bundle: SimulatedPKI.certificates(text) ?? [],
        isAvailable: service.status.conditions.isTrue("Available"))
    case Deployment.type.groupKind:
      guard let deployment = try? object.decode(Deployment.self) else { return }
      let containers = deployment.spec.template.spec.containers
      role = .deployment(
        hasTunnel: ObjectTraits.hasTunnel(containers.flatMap(\.args)),
        secretNamespace: ObjectTraits.secretNamespace(containers.flatMap(\.args)),
        image: containers.first?.image)
    case Secret.type.groupKind: readSecret(object)
    default: break
    }
  }

  private mutating func readSecret(_ object: DynamicObject) {
    let metadata = object.metadata
    guard let secret = try? object.decode(Secret.self) else { return }
    var fingerprinter = Fingerprinter()
    for (key, value) in secret.data.sorted(by: { $0.key < $1.key }) {
      fingerprinter.combine(key)
      value.withExposedBytes { fingerprinter.combine($0) }
      if let text = value.exposedText() { serials += SimulatedPKI.serials(in: text) }
    }
    data = fingerprinter.fingerprint
    let claims = ObjectTraits.claims(secret.data["token"])
    if let uid = claims?.uid { mentionedUIDs.append(uid) }
    if metadata.labels[OCMLabels.isManagedServiceAccount] != nil {
      role = .tokenSecret
    } else if metadata.labels[GatewayLabels.credentialType] != nil {
      role = .gatewaySecret(
        endpoint: metadata.labels[GatewayLabels.endpointType], account: claims?.account,
        accountUID: claims?.uid, clusterUID: metadata.annotations[GatewayAnnotations.clusterUID])
    } else if metadata.name == GatewayNames.servingSecret {
      let chain = SimulatedPKI.certificates(secret.data["tls.crt"]) ?? []
      let key = secret.data["tls.key"]
      let leaf = chain.first.flatMap { key == SimulatedPKI.key($0.serialNumber) ? $0 : nil }
      role = .servingSecret(leaf: leaf)
    } else if metadata.name == ManagerIdentity().signerSecretName {
      role = .signerSecret(keys: Set(secret.data.keys))
    }
  }

  private static func hasTunnel(_ arguments: [String]) -> Bool {
    arguments.contains { $0.hasPrefix("--proxy-host=") }
  }

  private static func secretNamespace(_ arguments: [String]) -> String? {
    let flag = "--secret-namespace="
    return arguments.last { $0.hasPrefix(flag) }.map { String($0.dropFirst(flag.count)) }
  }

  /// The account, and its uid, of a simulated token.
  private static func claims(_ token: SecretBytes?) -> (account: String, uid: String)? {
    guard let parts = token?.exposedText()?.split(separator: "."), parts.count == 3 else { return nil }
    guard let bytes = Base64.decodeURL(parts[1]), let claims = try? JSONParser().parse(bytes),
      let subject = claims["sub"]?.string, let uid = claims["uid"]?.string
    else { return nil }
    return (String(subject.split(separator: ":").last ?? ""), uid)
  }
}
