import GatewayAPI
import KubeCore
import KubeKindsApps
import KubeKindsCore
import KubeKindsRBAC
import KubeReconcile

/// The places where the installation's objects are or may be, besides those that the configuration
/// names.
///
/// The gateway's ServiceAccount and its Role for Secrets are the record of a place: both are
/// created before the first Secret in their namespace and removed after the last one.
public struct FormerPlaces: Sendable, Hashable {
  /// The former install namespaces.
  public var installNamespaces: Set<String>
  /// The former secret namespaces.
  public var secretNamespaces: Set<String>
  /// The uid of the gateway's Role in the configured namespace of Secrets; `nil` while there is
  /// none of the manager's that grants anything.
  public var secretOwner: String?
  /// The former names of the ManagedServiceAccounts. Only the rights depend on them.
  public var accounts: Set<String>
  /// The names of the Secrets that were copied, by install namespace, the configured one included.
  public var copies: [String: Set<String>]

  /// Creates places.
  public init(
    installNamespaces: Set<String> = [], secretNamespaces: Set<String> = [], accounts: Set<String> = [],
    copies: [String: Set<String>] = [:]
  ) {
    self.installNamespaces = installNamespaces
    self.secretNamespaces = secretNamespaces
    self.accounts = accounts
    self.copies = copies
  }

  /// Creates the places that `objects` show. Without a configuration every place is a former one.
  init(_ objects: ObservedObjects, configuration spec: ClusterGatewayConfiguration.Spec?) {
    self.init()
    for object in objects.all(ServiceAccount.type.groupKind)
    where object.metadata.name == GatewayNames.serviceAccount && ManagerIdentity.owns(object) {
      guard let namespace = object.metadata.namespace else { continue }
      if namespace != spec?.installNamespace { installNamespaces.insert(namespace) }
      let copied = FormerPlaces.copies(notedOn: object).union(
        FormerPlaces.copies(mountedIn: namespace, objects))
      if !copied.isEmpty { copies[namespace] = copied }
    }
    // A gateway whose account was deleted still mounts what was copied.
    if let namespace = spec?.installNamespace,
      let gateway = objects[Deployment.type.groupKind, namespace: namespace, name: GatewayNames.deployment],
      ManagerIdentity.owns(gateway)
    {
      let mounted = FormerPlaces.copies(mountedIn: namespace, objects)
      if !mounted.isEmpty { copies[namespace, default: []].formUnion(mounted) }
    }
    for object in objects.all(Role.type.groupKind)
    where object.metadata.name == GatewayNames.role && ManagerIdentity.owns(object) {
      guard let namespace = object.metadata.namespace else { continue }
      if namespace == spec?.secretNamespace {
        secretOwner = FormerPlaces.grantsNothing(object) ? nil : object.metadata.uid
      } else {
        secretNamespaces.insert(namespace)
      }
    }
  }

  /// Whether a gateway's Role for Secrets grants nothing, since its namespace is being left.
  static func grantsNothing(_ role: DynamicObject) -> Bool { role.json["rules"]?.array?.isEmpty ?? true }

  /// Whether there are no places.
  public var isEmpty: Bool {
    installNamespaces.isEmpty && secretNamespaces.isEmpty && accounts.isEmpty && copies.isEmpty
  }

  /// The names of copied Secrets in the ServiceAccount's annotation.
  static func copies(notedOn account: DynamicObject) -> Set<String> {
    let names = account.metadata.annotations[GatewayAnnotations.copiedSecrets] ?? ""
    return Set(
      names.split(separator: ",").map { String($0) }.filter { NameRules.dnsSubdomainProblem($0) == nil })
  }

  /// The Secrets that the gateway's pods in `namespace` mount besides the serving certificate:
  /// those that a manager without that annotation has copied.
  private static func copies(mountedIn namespace: String, _ objects: ObservedObjects) -> Set<String> {
    Rollout(objects.value(Deployment.self, namespace: namespace, name: GatewayNames.deployment))
      .mountedSecrets.subtracting([GatewayNames.servingSecret])
  }
}
