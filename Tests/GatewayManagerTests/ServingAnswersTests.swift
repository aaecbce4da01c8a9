import Foundation
import GatewayAPI
import GatewayManager
import GatewayReconcile
import KubeCore
import KubeReconcile
import Testing

/// The verdict on the gateway from its own answers and those for clusters.
@Suite struct ServingAnswersTests {
  private static let threshold = 3

  private static func probe(pods: Int32 = 3, generation: Int64 = 1) -> ServingProbe {
    ServingProbe(
      deployment: "deployment", generation: generation, readyReplicas: pods, apiService: "service",
      availableSince: nil)
  }

  /// The verdicts after each of these answers.
  private static func verdicts(_ isList: [Bool], of probe: ServingProbe = probe()) -> [Bool?] {
    var answers = ServingAnswers()
    return isList.map { answers.record($0, to: probe, threshold: threshold) }
  }

  @Test(arguments: [1, 3] as [Int32]) func `a gateway with more pods must answer more lists`(pods: Int32) {
    let count = Self.threshold * Int(pods)
    let verdicts = Self.verdicts(Array(repeating: true, count: count), of: Self.probe(pods: pods))
    #expect(verdicts == Array(repeating: nil, count: count - 1) + [true])
  }

  @Test func `a gateway with many pods must answer as many lists as one with three`() {
    #expect(
      Self.verdicts(Array(repeating: true, count: 9), of: Self.probe(pods: 100))
        == Array(repeating: nil, count: 8) + [true])
  }

  @Test func `lists between failures do not make a gateway serve`() {
    #expect(
      Self.verdicts([false, true, true, false, true, true, false, false])
        == [nil, nil, nil, nil, nil, nil, false, false])
  }

  @Test func `a gateway that serves again must fail as often as before`() {
    let lists = Array(repeating: true, count: 9)
    #expect(
      Self.verdicts([false, false] + lists + [false, false, false]).suffix(4) == [true, nil, nil, false])
  }

  @Test func `failures of former pods do not count`() {
    var answers = ServingAnswers()
    func record(_ generation: Int64) -> Bool? {
      answers.record(false, to: Self.probe(generation: generation), threshold: Self.threshold)
    }
    #expect([record(1), record(1), record(2), record(2), record(2)] == [nil, nil, nil, nil, false])
  }

  // MARK: The clusters' answers

  private static func hub() throws -> HubCache {
    let clusters = ["one", "two"].map { ManagedCluster(metadata: ObjectMeta(name: $0)) }
    return HubCache(identity: ManagerIdentity(), objects: try clusters.map { try DynamicObject($0.json) })
  }

  @Test func `a gateway that served is probed again after a 503 for a cluster`() throws {
    var hub = try Self.hub()
    _ = hub.record(true, by: Self.probe())
    #expect(hub.record(.failed(reason: "it refuses the credential"), of: "one").keys == [.cluster("one")])
    #expect(hub.installation.serving?.serves == true)
    #expect(hub.record(.serviceUnavailable, of: "one").keys == [.cluster("one"), .installation])
    #expect(hub.installation.serving == nil)
  }

  @Test func `a gateway that fails while a cluster is reached counts as broken after a 503 for another`()
    throws
  {
    var hub = try Self.hub()
    let observation = ServingObservation(probe: Self.probe(), serves: false)
    _ = hub.record(.reached, of: "one")
    _ = hub.record(false, by: Self.probe())
    #expect(hub.installation.serving == nil)
    _ = hub.record(.serviceUnavailable, of: "two")
    _ = hub.record(false, by: Self.probe())
    #expect(hub.installation.serving == observation)
  }

  @Test func `a verdict is dropped with the first answer of other pods`() throws {
    var hub = try Self.hub()
    _ = hub.record(true, by: Self.probe())
    #expect(hub.record(nil, by: Self.probe()).keys == [])
    #expect(hub.installation.serving != nil)
    #expect(hub.record(nil, by: Self.probe(pods: 2)).keys == [.installation])
    #expect(hub.installation.serving == nil)
  }
}
