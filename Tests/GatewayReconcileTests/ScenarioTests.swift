import Testing
import KubeCore
import GatewayAPI
import GatewayReconcile
import Foundation

@Suite struct FreshHubTests {
  @Test func aFreshHubConvergesInFourRoundsAndAfterEveryStep() {
    var world = World()
    world.prepare(Setup())
    world.join("one")
    world.join("two")
    #expect(world.settle() != nil)
    for standIn in StandIn.allCases + StandIn.allCases {
      world.step(standIn)
      let start = ContinuousClock.now
      let rounds = world.settle()
      print("after", standIn, rounds as Any, ContinuousClock.now - start)
    }
    #expect(world.refusals == [])
    print(world.plan.findings.map(\.description).joined(separator: "\n"))
    #expect(world.isServed)
    #expect(world.object(Secret.type, Setup().secretNamespace, "one") != nil)
  }
}
