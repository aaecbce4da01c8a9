import GatewayReconcile
import KubeCore
import KubeReconcile
import KubeRuntime
import KubeTransport
import Synchronization

extension GatewayOperator {
  /// Keeps a watch running for every selection that is wanted.
  func keepWatches() async {
    await withTaskGroup(of: Void.self) { group in
      var running: [ObjectSelection: Task<Void, Never>] = [:]
      for await selections in wanted.stream {
        for (selection, task) in running where !selections.contains(selection) {
          task.cancel()
          running[selection] = nil
          dropStore(of: selection)
        }
        let added = selections.filter { running[$0] == nil }
        let stores = addStores(for: added)
        for (selection, store) in stores {
          let reflector = Reflector(
            client, ResourceSelection(selection), into: store,
            onOpen: { [weak self] in self?.noteOpen(selection) },
            onFailure: { [weak self] error in self?.noteFailure(ofWatching: selection, error) },
            logger: logger)
          running[selection] = Task { try? await reflector.run() }
        }
      }
      for task in running.values {
        task.cancel()
        group.addTask { await task.value }
      }
    }
  }

  private func addStores(for selections: Set<ObjectSelection>) -> [ObjectSelection: ObjectStore] {
    var stores: [ObjectSelection: ObjectStore] = [:]
    for selection in selections {
      stores[selection] = ObjectStore(onChanges: { [weak self] changes in
        self?.receive(changes, of: selection)
      })
    }
    // All at once, so that the manager doesn't count as synced between two of them.
    state.withLock { $0.stores.merge(stores) { $1 } }
    return stores
  }

  private func dropStore(of selection: ObjectSelection) {
    let gone = state.withLock { state in
      state.synced.remove(selection)
      return state.stores.removeValue(forKey: selection)?.all ?? []
    }
    receive(gone.map { ObjectStore.Change(old: $0, new: nil) }, of: selection, isDelivery: false)
  }

  /// Takes in what a watch has delivered, whole lists at once: no plan is ever made from half of one.
  private func receive(
    _ changes: [ObjectStore.Change], of selection: ObjectSelection, isDelivery: Bool = true
  ) {
    update { state in
      if isDelivery && state.stores[selection] != nil { state.synced.insert(selection) }
      return changes.map { state.take($0, of: selection) }
    }
  }

  /// A list alone shows nothing: the watch after it may be refused all the same.
  private func noteOpen(_ selection: ObjectSelection) {
    guard state.withLock({ $0.refused.contains(selection) }) else { return }
    update { state in
      state.refused.remove(selection)
      return []
    }
  }

  /// A watch that is refused holds up what depends on it, and nothing else; it is tried again.
  private func noteFailure(ofWatching selection: ObjectSelection, _ error: KubeError) {
    guard error.isMissingRight else { return }
    update { state in
      if state.stores[selection] != nil { state.refused.insert(selection) }
      return []
    }
  }

  /// Changes the model, and draws the consequences: what must be planned again, what is to be watched.
  func update(_ body: (inout State) -> [HubModel.Change]) {
    let (keys, selections) = state.withLock { state in
      let wasSynced = state.isSynced
      let facts = state.model.facts
      var changes = body(&state)
      changes.append(state.model.setUnobserved(state.refused))
      var keys = changes.reduce(into: Set<ReconcileKey>()) { $0.formUnion($1.keys) }
      if state.isSynced && !wasSynced { changes.append(state.model.sumUpFleetHealth()) }
      if changes.contains(where: \.concernsEveryCluster) || (state.isSynced && !wasSynced) {
        keys.insert(.installation)
        keys.formUnion(state.model.clusterNames.map { .cluster($0) })
      }
      guard
        facts.configuration != state.model.facts.configuration || facts.former != state.model.facts.former
      else { return (keys, Set<ObjectSelection>?.none) }
      return (keys, state.select(endpointSlices: options.endpointSlices))
    }
    if let selections { wanted.continuation.yield(selections) }
    for key in keys { queue.add(key) }
  }
}
