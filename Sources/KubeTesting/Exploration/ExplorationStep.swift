/// One step of a history.
struct ExplorationStep: Hashable, Sendable {
  enum Kind: UInt8, Sendable {
    /// The scenario's next event happens.
    case event
    /// Another controller makes its next change.
    case other
    /// The controller plans for one key, from its view.
    case plan
    /// The plan's next request is sent and answered, or its next effect performed.
    case send
    /// The plan's next request is refused without an effect, as with 409, 429 or 500, or its effect
    /// fails: the plan is abandoned.
    case refuse
    /// The plan's next request is refused for its content, as with 403 or 422: the plan continues
    /// after it.
    case skip
    /// The plan's next request or effect succeeds, but the answer is lost: the plan is abandoned.
    case lose
    /// The controller crashes and starts again.
    case crash
    /// Another instance takes over, while this one continues to send what it has planned.
    case depose
    /// The controller starts again, and one kind's lists are answered with something that isn't a
    /// list.
    case misread
    /// The controller observes something outside the API server.
    case observe
    /// The late events, or proper lists, arrive.
    case release
  }

  var kind: Kind
  /// The other controller, the plan's key, the channel or the observation.
  var index: UInt8 = 0
  /// The channel whose events of this step are late from here on: raw value + 1, or 255 for all; 0
  /// for none.
  var held: UInt8 = 0
}

extension ExplorationStep {
  private static let letters: [(Kind, Character)] = [
    (.event, "E"), (.other, "S"), (.plan, "P"), (.send, "W"), (.refuse, "R"), (.skip, "K"), (.lose, "L"),
    (.crash, "X"), (.depose, "N"), (.misread, "M"), (.observe, "Q"), (.release, "D"),
  ]

  /// The step in the short form that `--replay` reads: a letter, a number, and `~` with the late
  /// channel.
  var symbol: String {
    let letter = ExplorationStep.letters.first { $0.0 == kind }?.1 ?? "?"
    let number = kind == .event || kind == .crash || kind == .depose ? "" : String(index)
    return "\(letter)\(number)" + (held == 0 ? "" : "~\(held)")
  }

  /// Creates the step with this short form; `nil` if there is none.
  init?(symbol: some StringProtocol) {
    let parts = symbol.split(separator: "~", maxSplits: 1)
    guard let first = parts.first?.first,
      let kind = ExplorationStep.letters.first(where: { $0.1 == first })?.0
    else {
      return nil
    }
    let number = parts[0].dropFirst()
    guard number.isEmpty || UInt8(number) != nil else { return nil }
    var held: UInt8 = 0
    if parts.count == 2 {
      guard let channel = UInt8(parts[1]) else { return nil }
      held = channel
    }
    self.init(kind: kind, index: UInt8(number) ?? 0, held: held)
  }
}
