public import KubeCore

extension MemoryAPIServer {
  /// Executes one step of the controllers that act after deletions in a real cluster; returns the
  /// number of changes, 0 when nothing is left.
  ///
  /// Rules of aggregated ClusterRoles are collected, where requests are authorized by RBAC. Objects
  /// are deleted when all their owners are, references to some deleted owners are dropped;
  /// foreground and orphan deletions continue; the contents of terminating namespaces and of
  /// deleted CustomResourceDefinitions are deleted, and finally these themselves. Each object is
  /// changed at most once per step, so that a test can inspect the states in between. Call it until
  /// it returns 0 for the whole work.
  @discardableResult
  public mutating func collectGarbage(at time: Date) -> Int {
    let before = resourceVersion
    collectDependents(at: time)
    collectContents(at: time)
    aggregateRoles()
    let changes = Int(clamping: resourceVersion - before)
    if changes == 0 { mayHaveGarbage = false }
    return changes
  }

  private func isHeld(_ object: StoredObject, by finalizer: String) -> Bool {
    object.isBeingDeleted && object.finalizers.contains(finalizer)
  }

  private mutating func collectDependents(at time: Date) {
    var uids: Set<String> = []
    var foreground: [String: (StoredObject, KindRules)] = [:]
    var orphaning: [String: (StoredObject, KindRules)] = [:]
    var dependents: [(object: StoredObject, rules: KindRules, owners: [JSONValue])] = []
    for kind in store.groupKinds.sorted(by: { $0.description < $1.description }) {
      guard let rules = registry[kind] else { continue }
      for object in store.objects(kind, namespace: nil) {
        uids.insert(object.uid)
        if isHeld(object, by: Finalizer.foreground) { foreground[object.uid] = (object, rules) }
        if isHeld(object, by: Finalizer.orphan) { orphaning[object.uid] = (object, rules) }
        if object.hasOwners, let owners = object.metadata["ownerReferences"]?.array, !owners.isEmpty {
          dependents.append((object, rules, owners))
        }
      }
    }
    var waiting: Set<String> = []
    for (object, rules, owners) in dependents {
      let uidsOfOwners = owners.map { $0["uid"]?.string ?? "" }
      for uid in uidsOfOwners where foreground[uid] != nil || orphaning[uid] != nil { waiting.insert(uid) }
      let remaining = zip(owners, uidsOfOwners).filter { owner, uid in
        orphaning[uid] == nil && (uids.contains(uid) || !isKnown(owner))
      }
      let isOrphaned = uidsOfOwners.contains { orphaning[$0] != nil }
      let isDoomed =
        remaining.isEmpty && !isOrphaned
        || !remaining.isEmpty && remaining.allSatisfy { foreground[$0.1] != nil }
      if isDoomed {
        if !object.isBeingDeleted {
          let isForeground = !remaining.isEmpty
          delete(object, rules, propagation: isForeground ? "Foreground" : "Background", at: time)
        }
      } else if remaining.count < owners.count {
        var json = object.json
        json.set(
          remaining.isEmpty ? nil : .array(remaining.map(\.0)), at: ["metadata", "ownerReferences"])
        commit(json, rules, replacing: object)
      }
    }
    for (uid, finalizer) in foreground.keys.map({ ($0, Finalizer.foreground) })
      + orphaning.keys.map({ ($0, Finalizer.orphan) })
    where !waiting.contains(uid) {
      guard let (object, rules) = finalizer == Finalizer.foreground ? foreground[uid] : orphaning[uid] else {
        continue
      }
      release(object, rules, from: finalizer)
    }
  }

  /// Whether the server serves the owner's kind: an owner of an unknown kind never counts as
  /// deleted.
  private func isKnown(_ owner: JSONValue) -> Bool {
    registry[
      GroupKind(apiVersion: owner["apiVersion"]?.string ?? "", kind: owner["kind"]?.string ?? "")] != nil
  }

  private mutating func collectContents(at time: Date) {
    for kind in [KindRules.namespace, KindRules.customResourceDefinition] {
      guard let rules = registry[kind] else { continue }
      for container in store.objects(kind, namespace: nil).filter(\.isBeingDeleted) {
        let contents = contents(of: container, kind)
        for (object, rules) in contents where !object.isBeingDeleted {
          delete(object, rules, propagation: "Background", at: time)
        }
        guard contents.isEmpty else { continue }
        if kind == KindRules.namespace {
          var json = container.json
          json.set(nil, at: ["spec", "finalizers"])
          commitOrErase(container, as: json, rules: rules)
        } else {
          release(container, rules, from: Finalizer.customResources)
        }
      }
    }
  }

  private func contents(of container: StoredObject, _ kind: GroupKind) -> [(StoredObject, KindRules)] {
    var found: [(StoredObject, KindRules)] = []
    if kind == KindRules.namespace {
      for kind in store.groupKinds.sorted(by: { $0.description < $1.description }) {
        guard let rules = registry[kind], rules.isNamespaced else { continue }
        found += store.objects(kind, namespace: container.name).map { ($0, rules) }
      }
    } else if let rules = definedKind(container) {
      found = store.objects(rules.groupKind, namespace: nil).map { ($0, rules) }
    }
    return found
  }

  private mutating func release(_ object: StoredObject, _ rules: KindRules, from finalizer: String) {
    guard object.finalizers.contains(finalizer),
      let current = store.object(rules.groupKind, object.slot), current.uid == object.uid
    else { return }
    let rest = current.finalizers.filter { $0 != finalizer }
    var json = current.json
    json.set(rest.isEmpty ? nil : .array(rest.map { .string($0) }), at: ["metadata", "finalizers"])
    commitOrErase(current, as: json, rules: rules)
  }

  /// Stores the new state of `object`, whose deletion was requested, or removes it where no
  /// finalizer is left.
  private mutating func commitOrErase(_ object: StoredObject, as json: JSONValue, rules: KindRules) {
    if isReleased(json, rules.groupKind) {
      erase(object, as: json, rules)
    } else if json != object.json {
      commit(json, rules, replacing: object)
    }
  }
}
