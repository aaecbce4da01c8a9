public import KubeMemory

/// The error of a condition that didn't hold within the limit.
public struct ExpectationTimedOut: Error, Hashable, CustomStringConvertible {
  /// The description of the condition.
  public var expectation: String
  /// The time that was waited.
  public var limit: Duration
  /// The last changed objects, newest first.
  public var lastWrites: [String]

  /// The expectation, the limit and the last writes.
  public var description: String {
    "\(expectation) within \(limit); last written: "
      + (lastWrites.isEmpty ? "nothing" : lastWrites.joined(separator: ", "))
  }
}

extension InMemoryCluster {
  /// Waits until a condition holds for the server, and returns the server in that state: for tests
  /// of a running operator. The condition is evaluated at once and after every write.
  ///
  /// ```swift
  /// let server = try await cluster.eventually("the website is available") { server in
  ///   server.object(Deployment.self, namespace: "default", name: "shop")?.status.availableReplicas == 1
  /// }
  /// ```
  ///
  /// - Parameters:
  ///   - expectation: The description of the condition, for the error.
  ///   - limit: The maximum wait. A passing test never waits for it.
  ///   - condition: The condition.
  /// - Throws: ``ExpectationTimedOut`` after the limit, the errors of the condition, and
  ///   `CancellationError`.
  @discardableResult
  public func eventually(
    _ expectation: String, within limit: Duration = .seconds(60),
    _ condition: @escaping @Sendable (MemoryAPIServer) throws -> Bool
  ) async throws -> MemoryAPIServer {
    try await withThrowingTaskGroup(of: MemoryAPIServer?.self) { group in
      group.addTask {
        for await _ in await self.resourceVersions() {
          let server = await self.snapshot
          if try condition(server) { return server }
        }
        return nil
      }
      group.addTask {
        try await Task.sleep(for: limit)
        return nil
      }
      defer { group.cancelAll() }
      if let server = try await group.next() ?? nil { return server }
      try Task.checkCancellation()
      let server = self.snapshot
      let writes = server.writes(after: server.resourceVersion - min(server.resourceVersion, 5))
      throw ExpectationTimedOut(
        expectation: expectation, limit: limit,
        lastWrites: writes.reversed().map { ($0.isDeletion ? "deletion of " : "") + "\($0.key)" })
    }
  }
}
