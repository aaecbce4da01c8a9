import GatewayDemo
import KubeCore
import Testing

@testable import gateway_manager

@Suite struct ObjectRedactionTests {
  private func text(_ json: JSONValue) -> String {
    JSONWriter(secrets: .redacted).text(ObjectRedaction.redacted(json))
  }

  @Test func `a Secret inside another object loses its content at any depth`() {
    let secret: JSONValue = [
      "apiVersion": "v1", "kind": "Secret", "metadata": ["name": "inner"], "data": ["token": "V09SSw=="],
      "stringData": ["pw": "WORK"],
    ]
    let list: JSONValue = ["apiVersion": "v1", "kind": "List", "items": [secret]]
    let work: JSONValue = [
      "apiVersion": "work.open-cluster-management.io/v1", "kind": "ManifestWork",
      "metadata": ["name": "w"], "spec": ["workload": ["manifests": [secret, list]]],
    ]
    let text = text(work)
    #expect(!text.contains("V09SSw==") && !text.contains("WORK\""), "\(text)")
    #expect(text.contains("inner") && text.contains("token") && text.contains("pw"), "\(text)")
  }

  @Test func `what a ManifestWork carries is hidden, whatever its kind`() {
    let map: JSONValue = [
      "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "m"],
      "data": ["kubeconfig": "TOKEN"],
      "binaryData": ["file": "QUJD"],
    ]
    let work: JSONValue = [
      "apiVersion": "work.open-cluster-management.io/v1", "kind": "ManifestWork",
      "spec": ["workload": ["manifests": [map]]],
    ]
    #expect(!text(work).contains("TOKEN") && !text(work).contains("QUJD"))
    #expect(text(map).contains("TOKEN"), "a ConfigMap of the hub stays readable")
  }

  @Test func `copies in annotations and values of environment variables are left out`() {
    let deployment: JSONValue = [
      "apiVersion": "apps/v1", "kind": "Deployment",
      "metadata": [
        "annotations": ["kubectl.kubernetes.io/last-applied-configuration": "COPY", "note": "stays"]
      ],
      "spec": [
        "template": [
          "spec": ["containers": [["name": "c", "env": [["name": "PASSWORD", "value": "VALUE"]]]]]
        ]
      ],
    ]
    let text = text(deployment)
    #expect(!text.contains("COPY") && !text.contains("VALUE"), "\(text)")
    #expect(text.contains("stays") && text.contains("PASSWORD"), "\(text)")
  }

  @Test func `an object's text can't begin another line or command the terminal`() {
    let line = StyledLine("evil \u{1B}[8mhidden\n  ✔ forged \u{202E}txt", .bad)
    #expect(
      line.text(usesColor: false) == #"evil \u{1b}[8mhidden\u{a}  ✔ forged \u{202e}txt"#)
    #expect(line.text(usesColor: true).hasPrefix("\u{1B}[31mevil "))
  }
}
