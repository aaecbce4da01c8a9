import Foundation
import KubeCore
import KubeKindsApps
import KubeTesting
import Testing
import Website

@Test func `a website becomes available, and goes once its DNS record is withdrawn`() throws {
  let (namespace, name) = ("default", "shop")
  var harness = try ControllerHarness(
    Website.controller, definitions: [Website.definition], at: Date(timeIntervalSince1970: 1_800_000_000),
    others: SimulatedControllers.workloads().all)
  try harness.create(
    Website(
      metadata: ObjectMeta(name: name, namespace: namespace),
      spec: .init(host: "shop.example.com", image: "shop:1")))
  try harness.runUntilConverged()
  #expect(harness.performed == [.publish(host: "shop.example.com")])
  #expect(harness.conditions(of: Website.self, namespace: namespace, name: name).isTrue("Available"))
  try harness.delete(Website.self, namespace: namespace, name: name)
  try harness.runUntilConverged()
  #expect(harness.performed.last == .withdraw(host: "shop.example.com"))
  #expect(harness.object(Website.self, namespace: namespace, name: name) == nil)
  #expect(harness.object(Deployment.self, namespace: namespace, name: name) == nil)
}
