import Foundation
import KubeCore
import KubeKindsApps
import KubeTesting
import Testing
import Website

@Test func `a website becomes available, and goes once its DNS record is withdrawn`() throws {
  let (namespace, name) = ("default", "shop")
  var scene = try ControllerScene(
    Website.controller, definitions: [Website.definition], at: Date(timeIntervalSince1970: 1_800_000_000),
    others: SimulatedControllers.workloads().all)
  try scene.create(
    Website(
      metadata: ObjectMeta(name: name, namespace: namespace),
      spec: .init(host: "shop.example.com", image: "shop:1")))
  try scene.runToRest()
  #expect(scene.performed == [.publish(host: "shop.example.com")])
  #expect(scene.conditions(of: Website.self, namespace: namespace, name: name).isTrue("Available"))
  try scene.delete(Website.self, namespace: namespace, name: name)
  try scene.runToRest()
  #expect(scene.performed.last == .withdraw(host: "shop.example.com"))
  #expect(scene.object(Website.self, namespace: namespace, name: name) == nil)
  #expect(scene.object(Deployment.self, namespace: namespace, name: name) == nil)
}
