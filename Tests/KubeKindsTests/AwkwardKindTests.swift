import KubeCore
import Testing

/// The types that `generate-kinds` creates from a definition with everything that is hard to
/// express in Swift.
@Suite struct AwkwardKindTests {
  private static let half = JSONValue.number(JSONNumber(text: "0.5") ?? JSONNumber(0))
  private let object: JSONValue = [
    "apiVersion": "example.com/v1", "kind": "Awkward", "metadata": ["name": "a"],
    "spec": [
      "in": "x", "json": ["free": 1], "fields": ["f"], "$ref": "r", "2fa": true, "a-b": "1", "aB": "2",
      "-XX": ["k": "v"], "matrix": [[AwkwardKindTests.half]], "action": "=~", "any": [["type": ["a": "z"]]],
    ],
  ]

  @Test func `every member is read by its property, whatever its name`() throws {
    let awkward = try Awkward(from: FieldReader(object))
    let spec = awkward.spec
    #expect(spec.in == "x" && spec.jsonValue == ["free": 1] && spec.fieldsValue == ["f"] && spec.ref == "r")
    #expect(spec._2fa == true && spec.aB == "1" && spec.aB2 == "2" && spec.xX == ["k": "v"])
    #expect(spec.matrix == [[Self.half]])
    #expect(spec.any.first?.type.a == "z")
    #expect(awkward.json == object)
  }

  @Test func `a default is read where nothing is set, and not written`() throws {
    let spec = Awkward.Spec(in: "x", jsonValue: [:])
    #expect(spec.initValue == "a\nb\"c\\" && spec.selfValue && spec.ratio == 1.5 && spec.action.name == "!=")
    #expect(spec.json == ["in": "x", "json": [:]])
  }

  @Test func `every value of an enumeration has a case of its own, and others are kept`() throws {
    let known = Awkward.SpecAction.known
    #expect(
      known.map(\.name) == ["replace", "Replace", "", "=", "!=", "=~", "Unknown", "Init", "say \"no\""])
    #expect(Set(known).count == known.count)
    #expect(Awkward.SpecAction(name: "other") == .unknown("other"))
  }

  @Test func `a minimum and a maximum are a range, each also without the other`() {
    typealias Numbers = Awkward.SpecAwkward
    #expect(Numbers.bBounds == Int64.min...20_000)
    #expect(Numbers.atLeastBounds.lowerBound == -9_999)
    #expect(Numbers.atMostBounds.upperBound == -1)
    #expect(Numbers.atMostThousandsBounds.contains(40_000) && !Numbers.atMostThousandsBounds.contains(40_001))
    // A maximum beyond the type's range limits nothing.
    #expect(Awkward.Spec.shapeValueBounds.contains(.max) && !Awkward.Spec.shapeValueBounds.contains(-1))
  }

  @Test func `the definition is the one of the file`() {
    let properties = Awkward.schema?.value(at: "properties", "spec", "properties")
    #expect(properties?["hash"]?["pattern"] == ####"[\#]"###"####)
    #expect(Awkward.definition.value(at: "spec", "names", "kind") == "Awkward")
  }
}
