import Testing

extension TestHub {
  /// Runs `run --once` on the hub; it must not crash, hang or show a secret.
  func once(_ timeout: String = "40s", kubeconfig: String? = nil) async throws -> Ending {
    let kubeconfig = try kubeconfig ?? self.kubeconfig()
    let ending = try await Program(["run", "--once", "--timeout", timeout, "--kubeconfig", kubeconfig]).wait()
    ending.expectDiscretion()
    return ending
  }

  /// Runs `plan` on the hub; it must not crash, hang or show a secret.
  func look(_ arguments: String...) async throws -> Ending {
    let ending = try await Program(["plan", "--kubeconfig", kubeconfig()] + arguments).wait()
    ending.expectDiscretion()
    return ending
  }
}

extension Ending {
  /// Expects that the process wasn't ended by a signal or its time limit, and showed no secret.
  func expectDiscretion(sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(signal == nil && !tookTooLong, "\(errors)", sourceLocation: sourceLocation)
    for text in [output, errors] {
      #expect(!text.contains("a-marker") && !text.contains("PRIVATE KEY"), sourceLocation: sourceLocation)
    }
  }
}
