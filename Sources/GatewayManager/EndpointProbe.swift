public import CertificatePolicy
import Foundation
import GatewayPKI
public import GatewayReconcile

/// Looks at what the gateway's pods present: the one fact about a rotation that no object of the API tells.
///
/// A fake for tests returns what its pods are to present:
/// ```swift
/// struct Pods: EndpointProbe {
///   var chain: [[UInt8]]
///   func presentedChain(host: String, port: Int, serverName: String) async throws -> [[UInt8]] { chain }
/// }
/// ```
public protocol EndpointProbe: Sendable {
  /// The certificates in DER that the server presents to a client that asks for `serverName`, its own first. Throws
  /// where there is no answer, a `PKIError` of the code `connectionRefused` where nobody listens; never waits for ever.
  func presentedChain(host: String, port: Int, serverName: String) async throws -> [[UInt8]]
}

/// Looks by a TLS handshake over the network.
public struct TLSEndpointProbe: EndpointProbe {
  /// How long a look may take.
  public var timeout: Duration

  /// A probe that gives each server so long, by default 5 seconds.
  public init(timeout: Duration = .seconds(5)) { self.timeout = timeout }

  /// The certificates that the server presents; none of them is verified.
  public func presentedChain(host: String, port: Int, serverName: String) async throws -> [[UInt8]] {
    let timeout = timeout
    return try await withCheckedThrowingContinuation { continuation in
      // A thread of its own: the handshake blocks, and the tasks' threads are few.
      Thread.detachNewThread {
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
  /// How many servers are looked at side by side.
  private static var width: Int { 8 }

  /// What came of each look, by its address.
  public func sightings(of looks: [ServerLook]) async -> [String: ServerSighting] {
    await withTaskGroup(of: (String, ServerSighting).self) { group in
      var rest = looks.makeIterator()
      func next() {
        guard let look = rest.next() else { return }
        group.addTask { (look.address, await self.sighting(of: look)) }
      }
      for _ in 0..<Self.width { next() }
      var sightings: [String: ServerSighting] = [:]
      for await (address, sighting) in group {
        sightings[address] = sighting
        next()
      }
      return sightings
    }
  }

  private func sighting(of look: ServerLook) async -> ServerSighting {
    do {
      let chain = try await presentedChain(host: look.host, port: look.port, serverName: look.serverName)
      guard let leaf = chain.first else { return .unseen(reason: "it presents no certificate") }
      return .presents(fingerprint: try Certificate(der: leaf).facts.fingerprint)
    } catch let error as PKIError where error.code == .connectionRefused {
      return .notListening
    } catch {
      return .unseen(reason: "\(error)")
    }
  }
}
