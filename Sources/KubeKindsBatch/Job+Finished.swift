public import KubeCore

extension Job {
  /// The condition with which the Job finished, `Complete` or `Failed`, whose transition time is the
  /// time when it did; `nil` while it is unfinished.
  public var finishedCondition: Condition? {
    status.conditions.first { ["Complete", "Failed"].contains($0.type) && $0.status == .true }
  }

  /// Whether the Job finished, with success or without.
  public var isFinished: Bool { finishedCondition != nil }
}
