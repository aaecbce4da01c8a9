package import CertificatePolicy
import GatewayAPI
package import GatewayReconcile
import HTTPTypes
package import KubeCore
import KubeKindsAPIRegistration
import KubeKindsApps
import KubeKindsCore
import KubeKindsDiscovery
import KubeKindsRBAC
package import KubeMemory
package import KubeReconcile
package import KubeTransport
import OCMSimulator

/// A hub as a value: the server, the clock, the issued certificates, and a view of the objects that
/// follows the server by watches.
package struct World {
  package var server: MemoryAPIServer
  package var now: Date
  package var identity = ManagerIdentity()
  package var issued: [IssuedCertificate] = []
  package var serial = 1_000
  /// The time for which the manager has seen the certificates.
  package var ages = ObservationAges()
  /// The results of probing the pods, and the certificate's time for which they count.
  package var endpoints: [String: EndpointObservation] = [:]
  /// The results of probes, by cluster; any other cluster was reached.
  package var probes: [String: ProbeResult] = [:]
  /// The gateway's last answer.
  package var serving: ServingObservation?
  /// Descriptions of the writes that the server refused.
  package var refusals: [String] = []
  package private(set) var objects = ObservedObjects()
  private var watches: [WatchSubscription] = []

  package static let gatewayTypes = [
    ClusterManagementAddOn.type, ManagedClusterAddOn.type, ManagedCluster.type, ManagedServiceAccount.type,
    ManifestWork.type, ClusterGatewayConfiguration.type,
  ]
  package static let types =
    gatewayTypes + [
      Namespace.type, ConfigMap.type, Secret.type, Service.type, ServiceAccount.type, Deployment.type,
      APIService.type,
      Role.type,
      RoleBinding.type, ClusterRole.type, ClusterRoleBinding.type, EndpointSlice.type,
    ]

  package init(seed: UInt64 = 0, now: Date = World.epoch) {
    self.now = now
    server = MemoryAPIServer(seed: seed, at: now)
    for type in World.gatewayTypes {
      server.register(type, table: GatewayFieldTables.all.table(for: type.groupKind))
    }
    for type in World.types {
      let response = server.handle(.watch(ResourceSelection(type)), at: now)
      if case .watch(let subscription) = response.content { watches.append(subscription) }
    }
    refresh()
  }

  /// 2026-12-01T00:00:00Z.
  package static let epoch = Date(timeIntervalSince1970: 1_796_083_200)

  // MARK: Requests

  @discardableResult
  package mutating func send(_ request: KubeRequest) -> (code: Int, json: JSONValue) {
    let response = server.handle(request, at: now)
    return (response.status.code, (try? JSONParser().parse(response.body)) ?? .null)
  }

  /// Creates an object with its status, as `manager`. A refusal is a fault of the test.
  package mutating func put(_ object: JSONValue, as manager: String = "kubectl-create") {
    guard let key = World.key(of: object) else { preconditionFailure("no key: \(object)") }
    var answer = send(.create(key, object, options: WriteOptions(fieldManager: manager)))
    if answer.code == 409, var current = read(key) {
      for member in object.object ?? [:] where member.key != "metadata" { current[member.key] = member.value }
      for field in ["labels", "annotations", "ownerReferences"] {
        if let value = object.value(at: "metadata", field) { current.set(value, at: ["metadata", field]) }
      }
      answer = send(.replace(key, with: current, options: WriteOptions(fieldManager: manager)))
    }
    precondition(answer.code < 300, "\(key): \(answer.json)")
    if let status = object["status"], status != .object([:]) { setStatus(key, status, as: manager) }
    refresh()
  }

  package mutating func setStatus(_ key: ObjectKey, _ status: JSONValue, as manager: String) {
    guard var current = read(key) else { return }
    current["status"] = status
    let answer = send(
      .replace(key, with: current, subresource: "status", options: WriteOptions(fieldManager: manager)))
    precondition(answer.code < 300, "\(key)/status: \(answer.json)")
    refresh()
  }

  package mutating func merge(
    _ key: ObjectKey, _ patch: JSONValue, subresource: String? = nil, as manager: String = "kubectl-edit"
  ) {
    send(.mergePatch(key, patch, subresource: subresource, options: WriteOptions(fieldManager: manager)))
    refresh()
  }

  package mutating func delete(_ key: ObjectKey) {
    send(.delete(key))
    refresh()
  }

  package func read(_ key: ObjectKey) -> JSONValue? {
    var copy = self
    let answer = copy.send(.get(key))
    return answer.code == 200 ? answer.json : nil
  }

  package func object(_ type: ResourceType, namespace: String? = nil, name: String) -> JSONValue? {
    objects[type.groupKind, namespace: namespace, name: name]?.json
  }

  package static func key(of object: JSONValue) -> ObjectKey? {
    guard let kind = object["kind"]?.string, let apiVersion = object["apiVersion"]?.string,
      let name = object.value(at: "metadata", "name")?.string,
      let type = types.first(where: {
        $0.kind == kind && $0.groupKind == GroupKind(apiVersion: apiVersion, kind: kind)
      })
    else { return nil }
    return ObjectKey(type, namespace: object.value(at: "metadata", "namespace")?.string, name: name)
  }

  // MARK: The view

  /// Reads the changes since the last call.
  package mutating func refresh() {
    for index in watches.indices {
      for line in server.events(for: &watches[index]) {
        guard let event = try? JSONParser().parse(line), let json = event["object"],
          let object = try? DynamicObject(json)
        else { continue }
        if event["type"] == "DELETED" {
          objects.remove(object.groupKind, namespace: object.metadata.namespace, name: object.metadata.name)
        } else {
          objects.insert(object)
        }
      }
    }
  }

  /// Adds an object to the view alone.
  package mutating func imagine(_ object: JSONValue) {
    guard let object = try? DynamicObject(object) else { return }
    objects.insert(object)
  }

  /// The facts on which the gateway's invariants depend.
  package var facts: HubFacts { HubFacts(objects, at: now) }

  /// The objects without everything that depends on the run: uids, versions, times and
  /// certificates.
  package var essence: [String: JSONValue] {
    var essence: [String: JSONValue] = [:]
    for object in objects.everything {
      guard let key = World.key(of: object.json) else { continue }
      var json = object.json
      for field in [
        "uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "ownerReferences",
      ] {
        json.set(nil, at: ["metadata", field])
      }
      json.set(
        .array(object.metadata.ownerReferences.map { .string("\($0.kind)/\($0.name)") }), at: ["owners"])
      if key == signerKey || key.name == "cluster-gateway-tls-cert" { json["data"] = nil }
      json.set(nil, at: ["spec", "caBundle"])
      json.set(nil, at: ["spec", "clusterIP"])
      json.set(nil, at: ["spec", "clusterIPs"])
      json.set(nil, at: ["status"])
      if key.type.kind == "Secret", let data = json["data"]?.object {
        // Tokens differ with the uid of the account that they are for.
        json["data"] = .array(data.map { .string($0.key) })
      }
      let uids = [GatewayAnnotations.clusterUID, GatewayAnnotations.accountUID]
      for annotation in uids where object.metadata.annotations[annotation] != nil {
        json.set("a uid", at: ["metadata", "annotations", annotation])
      }
      essence["\(key)"] = json
    }
    return essence
  }

  package var hub: HubState { hubState(objects, issued: issued) }

  package func hubState(_ objects: ObservedObjects, issued: [IssuedCertificate]) -> HubState {
    var certificates = observations(of: objects)
    var ages = ages
    certificates.age(by: &ages, at: reading)
    certificates.endpoints = endpoints
    var hub = HubState(objects: objects, identity: identity, certificates: certificates, issued: issued)
    hub.installation.serving = serving
    for index in hub.clusters.indices {
      hub.clusters[index].probe = probes[hub.clusters[index].name] ?? .reached
    }
    return hub
  }

  private func observations(of objects: ObservedObjects) -> CertificateObservations {
    let facts = InstallationFacts(InstallationState(identity: identity, objects: objects))
    return SimulatedPKI.observations(of: objects, identity: identity, configuration: facts.configuration)
  }

  /// Issues the requested certificates.
  package mutating func issue(_ requests: [IssuanceRequest]) -> [IssuedCertificate] {
    SimulatedPKI.issue(requests, for: hub.installation) {
      serial += 1
      return serial
    }
  }

  /// The reading of a monotonic clock.
  package var reading: Duration { .seconds(Int64(now.timeIntervalSince(World.epoch))) }

  /// Records that the manager has seen the current certificates.
  package mutating func recordCertificates() {
    var certificates = observations(of: objects)
    let before = ages.ages(at: reading)
    certificates.age(by: &ages, at: reading)
    // Probes from before the certificate changed show nothing.
    let after = ages.ages(at: reading)
    if Set(before.keys.filter { $0.hasPrefix("serving") })
      != Set(after.keys.filter { $0.hasPrefix("serving") })
    {
      endpoints = [:]
    }
  }

  package var plan: GatewayPlan { reconcile(hub, at: now) }

  /// The plan's patches without those of the configuration's status, which follows every
  /// observation.
  package var changes: [ObjectPatch] { plan.changes }

  // MARK: Steps

  /// Applies one patch, and returns whether the server accepted it.
  @discardableResult
  package mutating func apply(_ patch: ObjectPatch) -> Bool {
    let answer = send(KubeRequest(patch, fieldManager: ManagerIdentity.fieldManager))
    refresh()
    let isDone = answer.code < 300 || (patch.operation == .delete && answer.code == 404)
    if !isDone {
      refusals.append(
        "\(patch.operationName) \(patch.target): \(answer.code) \(answer.json["message"]?.string ?? "")")
    }
    return isDone
  }

  /// Plans, applies and issues once. A refused patch blocks only those that depend on it.
  @discardableResult
  package mutating func round() -> GatewayPlan {
    recordCertificates()
    let plan = plan
    var refused: Set<ObjectKey> = []
    for patch in plan.patches {
      if let dependency = patch.dependency, refused.contains(dependency) {
        refused.insert(patch.target)
      } else if !apply(patch) {
        refused.insert(patch.target)
      }
    }
    recordCertificates()
    collectGarbage()
    issued = issue(plan.issuanceRequests)
    return plan
  }

  package mutating func collectGarbage() {
    for _ in 0..<20 where server.mayHaveGarbage {
      if server.collectGarbage(at: now) == 0 { break }
    }
    refresh()
  }

  /// Runs rounds until one has nothing to do, and returns their number, or `nil` if `limit` rounds
  /// weren't enough.
  package mutating func convergeManager(within limit: Int = 4) -> Int? {
    for count in 0...limit where round().changesNothing { return count }
    return nil
  }
}

extension Plan where Effect == GatewayEffect {
  /// The patches without those of the configuration's status, which follows every observation.
  package var changes: [ObjectPatch] {
    patches.filter { $0.target.type != ClusterGatewayConfiguration.type || $0.subresource != "status" }
  }
}
