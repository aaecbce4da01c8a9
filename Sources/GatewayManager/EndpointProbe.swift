public import CertificatePolicy
import Dispatch
import GatewayPKI
public import GatewayReconcile
import KubeCore

/// A probe of the certificates that the gateway's pods present, the only fact about a rotation that
/// no API object holds.
///
/// A fake for tests returns the chain that its pods should present:
///
/// ```swift
/// struct Pods: EndpointProbe {
///   var chain: [[UInt8]]
///   func presentedChain(host: String, port: Int, serverName: String) async throws -> [[UInt8]] {
///     chain
///   }
/// }
/// ```
public protocol EndpointProbe: Sendable {
  /// Returns the certificates in DER, the server's own first, that the server presents to a client
  /// that asks for `serverName`. Throws if there is no answer, with a `PKIError` of code
  /// `connectionRefused` if the port is closed; returns within a bounded time.
  func presentedChain(host: String, port: Int, serverName: String) async throws -> [[UInt8]]
}

/// A probe by TLS handshakes over the network.
public struct TLSEndpointProbe: EndpointProbe {
  /// The maximum duration of a handshake.
  public var timeout: Duration

  /// Creates a probe; `timeout` is for each server.
  public init(timeout: Duration = .seconds(5)) { self.timeout = timeout }

  /// Returns the certificates that the server presents; none of them is verified.
  public func presentedChain(host: String, port: Int, serverName: String) async throws -> [[UInt8]] {
    let timeout = timeout
    return try await withCheckedThrowingContinuation { continuation in
      // A thread of its own: the handshake blocks, and the tasks' threads are few.
      DispatchQueue(label: "endpoint-probe").async {
        do {
          let chain = try ServerInspection.presentedChain(
            host: host, port: port, serverName: serverName, timeout: timeout)
          continuation.resume(returning: chain.map(\.der))
        } catch {
          continuation.resume(throwing: error)
        }
      }
    }
  }
}

extension EndpointProbe {
  /// The number of concurrent probes.
  private static var width: Int { 8 }

  /// Returns the result of probing each endpoint, by its address.
  public func observations(of targets: [EndpointTarget]) async -> [String: EndpointObservation] {
    await withTaskGroup(of: (String, EndpointObservation).self) { group in
      var rest = targets.makeIterator()
      func next() {
        guard let target = rest.next() else { return }
        group.addTask { (target.address, await self.observation(of: target)) }
      }
      for _ in 0..<Self.width { next() }
      var observations: [String: EndpointObservation] = [:]
      for await (address, observation) in group {
        observations[address] = observation
        next()
      }
      return observations
    }
  }

  private func observation(of target: EndpointTarget) async -> EndpointObservation {
    do {
      let chain = try await presentedChain(
        host: target.host, port: target.port, serverName: target.serverName)
      guard let leaf = chain.first else { return .unseen(reason: "it presents no certificate") }
      return .presents(fingerprint: try Certificate(der: leaf).facts.fingerprint)
    } catch let error as PKIError where error.code == .connectionRefused {
      return .notListening
    } catch {
      return .unseen(reason: "\(error)")
    }
  }
}
