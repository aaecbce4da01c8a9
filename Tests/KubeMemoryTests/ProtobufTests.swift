import HTTPTypes
import KubeCore
import KubeMemory
import Testing

/// Objects in protobuf, as kubectl sends new ones.
@Suite struct ProtobufTests {
  /// A field that holds bytes.
  static func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
    [number << 3 | 2, UInt8(bytes.count)] + bytes
  }

  static func field(_ number: UInt8, _ text: String) -> [UInt8] { field(number, Array(text.utf8)) }
  static func field(_ number: UInt8, varint: UInt8) -> [UInt8] { [number << 3, varint] }

  static func body(_ apiVersion: String, _ kind: String, _ object: [UInt8]) -> [UInt8] {
    Array("k8s".utf8) + [0] + field(1, field(1, apiVersion) + field(2, kind)) + field(2, object)
      + field(3, "")
      + field(4, "")
  }

  func post(_ world: inout World, _ path: String, _ bytes: [UInt8]) -> World.Answer {
    world.send(.post, path, type: "application/vnd.kubernetes.protobuf", bytes: bytes)
  }

  static let metadata =
    field(1, "a") + field(2, "") + field(7, varint: 0) + field(8, [])
    + field(11, field(1, "tier") + field(2, "front"))

  @Test func `a ConfigMap in protobuf is decoded`() {
    var world = World()
    let object =
      ProtobufTests.field(1, ProtobufTests.metadata)
      + ProtobufTests.field(2, ProtobufTests.field(1, "x") + ProtobufTests.field(2, "1"))
      + ProtobufTests.field(2, ProtobufTests.field(1, "empty") + ProtobufTests.field(2, ""))
      + ProtobufTests.field(3, ProtobufTests.field(1, "b") + ProtobufTests.field(2, [1, 2, 3]))
    let answer = post(
      &world, "/api/v1/namespaces/default/configmaps", ProtobufTests.body("v1", "ConfigMap", object))
    #expect(answer.code == 201)
    #expect(answer.json["data"] == ["x": "1", "empty": ""])
    #expect(answer.json["binaryData"] == ["b": "AQID"])
    #expect(answer.json.value(at: "metadata", "labels") == ["tier": "front"])
  }

  @Test func `a significant zero is kept`() {
    var world = World()
    let container = ProtobufTests.field(1, "c") + ProtobufTests.field(2, "image:1")
    let labels = ProtobufTests.field(1, "app") + ProtobufTests.field(2, "x")
    let template =
      ProtobufTests.field(1, ProtobufTests.field(11, labels))
      + ProtobufTests.field(2, ProtobufTests.field(2, container))
    let spec =
      ProtobufTests.field(1, varint: 0) + ProtobufTests.field(2, ProtobufTests.field(1, labels))
      + ProtobufTests.field(3, template) + ProtobufTests.field(5, varint: 0)
    let object = ProtobufTests.field(1, ProtobufTests.metadata) + ProtobufTests.field(2, spec)
    let answer = post(
      &world, "/apis/apps/v1/namespaces/default/deployments",
      ProtobufTests.body("apps/v1", "Deployment", object))
    #expect(answer.code == 201)
    // `replicas` is a pointer in Go, so that its 0 was set explicitly; `minReadySeconds` is not.
    #expect(answer.json.value(at: "spec", "replicas") == 0)
    #expect(answer.json.value(at: "spec", "minReadySeconds") == nil)
  }

  @Test(
    arguments: [
      [], Array("k8s".utf8), Array("k8s".utf8) + [0, 0xFF],
      ProtobufTests.body("v1", "ConfigMap", ProtobufTests.field(1, ProtobufTests.metadata) + [0x12, 0x7F]),
      ProtobufTests.body("v1", "ConfigMap", ProtobufTests.field(15, "unknown")),
      ProtobufTests.body("v1", "ConfigMap", ProtobufTests.field(1, varint: 1)),
      ProtobufTests.body("v1", "ConfigMap", ProtobufTests.field(1, [0x0A, 2, 0xC3, 0x28])),
      ProtobufTests.body("v1", "Secret", ProtobufTests.field(1, ProtobufTests.metadata)),
    ] as [[UInt8]]) func `an undecodable body is refused`(_ bytes: [UInt8])
  {
    var world = World()
    #expect(post(&world, "/api/v1/namespaces/default/configmaps", bytes).code == 400)
  }

  @Test func `no bytes crash the decoder`() {
    var world = World()
    let whole = ProtobufTests.body("v1", "ConfigMap", ProtobufTests.field(1, ProtobufTests.metadata))
    for end in whole.indices {
      _ = post(&world, "/api/v1/namespaces/default/configmaps", Array(whole[..<end]))
    }
    for index in whole.indices {
      var bytes = whole
      bytes[index] = 0xFF
      _ = post(&world, "/api/v1/namespaces/default/configmaps", bytes)
    }
  }

  @Test func `custom resources are accepted only as JSON`() {
    var world = Sample.widgetWorld()
    let answer = post(&world, Sample.widgets, ProtobufTests.body("example.org/v1", "Widget", []))
    #expect(answer.code == 415)
  }
}
