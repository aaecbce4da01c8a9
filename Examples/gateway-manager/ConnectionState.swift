import KubeCore
import KubeTransport
import Synchronization

/// Whether an API server answers, by its latest requests.
final class ConnectionState: Sendable {
  /// A lost connection.
  struct Loss: Sendable, Equatable {
    /// The time of the first failure.
    var since: Date
    /// The reason of the first failure.
    var reason: String
  }

  private let state = Mutex<(loss: Loss?, regained: Date?)>((nil, nil))

  /// The loss; `nil` while the server answers.
  var loss: Loss? { state.withLock { $0.loss } }
  /// The time at which the server answered again after the last loss.
  var regained: Date? { state.withLock { $0.regained } }

  /// Records an answer.
  func recordAnswer(at time: Date) {
    state.withLock { state in
      guard state.loss != nil else { return }
      state = (nil, time)
    }
  }

  /// Records a request without an answer.
  func recordFailure(_ reason: String, at time: Date) {
    state.withLock { state in
      guard state.loss == nil else { return }
      state = (Loss(since: time, reason: reason), nil)
    }
  }
}

/// A transport that records in a ``ConnectionState`` whether requests are answered. A failure of a
/// request for something behind the API server, such as a pod, says nothing about the connection.
struct StateRecordingTransport: Transport {
  let base: any Transport
  let state: ConnectionState
  let now: @Sendable () -> Date

  func send(_ request: KubeRequest) async throws -> KubeResponse {
    do {
      let response = try await base.send(request)
      state.recordAnswer(at: now())
      return response
    } catch {
      if !(error is CancellationError), !Task.isCancelled, !request.path.contains("proxy") {
        state.recordFailure("\(error)", at: now())
      }
      throw error
    }
  }
}

/// A transport that gives a request up that is not answered in time, and says before what it waits
/// for.
struct PatientTransport: Transport {
  let base: any Transport
  /// The server's address.
  let host: String
  /// The time after which a request is given up, repetitions included.
  let limit: Duration
  var noticeDelay = Duration.seconds(1)
  /// Called once for a request that takes longer than ``noticeDelay``, with a text for people.
  let onWait: @Sendable (String) -> Void

  private enum Event: Sendable {
    case response(KubeResponse)
    case noticed
  }

  func send(_ request: KubeRequest) async throws -> KubeResponse {
    let name = "\(request.method) /\(request.path.joined(separator: "/"))"
    let seconds = TimeText.words(limit)
    return try await withThrowingTaskGroup(of: Event.self) { group in
      defer { group.cancelAll() }
      group.addTask { .response(try await base.send(request)) }
      group.addTask {
        try await Task.sleep(for: min(noticeDelay, limit))
        return .noticed
      }
      while let event = try await group.next() {
        if case .response(let response) = event { return response }
        onWait("waiting for \(host) to answer \(name), at most \(seconds)")
        group.addTask {
          try await Task.sleep(for: max(.zero, limit - noticeDelay))
          throw TransportError(
            code: .timedOut, requestWasSent: true,
            message: "\(host) has not answered within \(seconds); see whether an API server listens there, "
              + "and what is between it and this machine")
        }
      }
      throw CancellationError()
    }
  }
}
