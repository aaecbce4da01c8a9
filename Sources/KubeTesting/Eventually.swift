public import KubeMemory

/// A condition that didn't come to hold within the limit.
public struct NeverHeld: Error, Hashable, CustomStringConvertible {
  /// What was waited for.
  public var expectation: String
  /// How long was waited.
  public var limit: Duration
  /// The objects that changed last, newest first.
  public var lastWrites: [String]

  /// The expectation, the limit and the last writes.
  public var description: String {
    "\(expectation) within \(limit); last written: "
      + (lastWrites.isEmpty ? "nothing" : lastWrites.joined(separator: ", "))
  }
}

extension MemoryHub {
  /// Waits until a condition holds for the server, and returns the server as it was then: for tests of an operator that
  /// runs. The condition is asked at once and after every write, never in between.
  ///
  /// ```swift
  /// let server = try await hub.eventually("the website is available") { server in
  ///   server.object(Deployment.self, namespace: "default", name: "shop")?.status.availableReplicas == 1
  /// }
  /// ```
  ///
  /// - Parameters:
  ///   - expectation: What is waited for, for the error's text.
  ///   - limit: How long is waited at most. A test that passes never waits for it.
  ///   - condition: The condition.
  /// - Throws: ``NeverHeld`` after the limit, what the condition throws, and `CancellationError`.
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
      throw NeverHeld(
        expectation: expectation, limit: limit,
        lastWrites: writes.reversed().map { ($0.isDeletion ? "deletion of " : "") + "\($0.key)" })
    }
  }
}
