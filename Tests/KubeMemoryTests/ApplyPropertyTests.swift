import KubeCore
import KubeMemory
import Testing

/// Random applies by three managers, checked against the guarantees of server-side apply.
@Suite struct ApplyPropertyTests {
  private struct Random: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
  }

  private static let path = Sample.widgets + "/w"
  private static let managers = ["a", "b", "c"]

  private func config(_ random: inout Random) -> JSONValue {
    var spec: JSONValue = ["size": 1]
    if Bool.random(using: &random) { spec["note"] = .string("n\(Int.random(in: 0..<2, using: &random))") }
    var extra = JSONObject()
    for key in ["x", "y", "z"] where Bool.random(using: &random) {
      extra[key] = .string("\(Int.random(in: 0..<2, using: &random))")
    }
    if !extra.isEmpty { spec["extra"] = .object(extra) }
    let parts = ["p", "q", "r"].shuffled(using: &random).prefix(Int.random(in: 0...3, using: &random))
    if !parts.isEmpty {
      spec["parts"] = .array(
        parts.map { name in
          .fields([
            "name": .string(name),
            "value": Bool.random(using: &random) ? .string("\(Int.random(in: 0..<2, using: &random))") : nil,
          ])
        })
    }
    let tags = ["t", "u"].filter { _ in Bool.random(using: &random) }
    if !tags.isEmpty { spec["tags"] = .array(tags.map { .string($0) }) }
    return Sample.widget("w", spec)
  }

  private func sets(_ answer: World.Answer) throws -> [String: FieldSet] {
    try answer.owners.mapValues { try FieldSet(from: FieldReader($0)) }
  }

  @Test func `applied fields are owned and dropped fields are removed`() throws {
    let definition = try #require(
      Sample.definition.value(at: "spec", "versions")?.array?.first?.value(at: "schema", "openAPIV3Schema"))
    let table = FieldTable(openAPISchema: definition)
    // The server's default where no manager sets the field.
    let defaults = FieldSet([[.field("spec"), .field("mode")]])
    for seed in 0..<16 as Range<UInt64> {
      var random = Random(state: seed)
      var world = Sample.widgetWorld()
      for _ in 0..<12 {
        let manager = Self.managers.randomElement(using: &random) ?? "a"
        let force = Bool.random(using: &random)
        let config = config(&random)
        let before = world.get(Self.path)
        let answer = world.apply(Self.path, manager, config, force: force)
        if answer.code == 409 {
          #expect(!force)
          #expect(world.get(Self.path).json == before.json)
          continue
        }
        #expect(answer.code == (before.code == 404 ? 201 : 200))
        let owned = try sets(answer)
        let all = owned.values.reduce(FieldSet()) { $0.union($1) }
        let present = table.fieldSet(of: answer.json)
        #expect(
          present.subtracting(all).subtracting(defaults).isEmpty, "seed \(seed): \(present.subtracting(all))")
        // Missing fields have no owner.
        #expect(all.subtracting(table.existing(all, in: answer.json)).isEmpty, "seed \(seed)")
        #expect(owned["\(manager)/Apply"] == table.fieldSet(of: config))
        for path in table.fieldSet(of: config).leaves {
          #expect(table.value(at: path, in: answer.json) == table.value(at: path, in: config))
        }
        #expect(world.apply(Self.path, manager, config, force: force).json == answer.json)

        // When dropped, the fields that only this manager owned are removed, and no others.
        var copy = world
        var least = Sample.widget("w")
        least["spec"] = ["size": 1]
        let dropped = copy.apply(Self.path, manager, least)
        #expect(dropped.code == 200)
        let others = owned.filter { $0.key != "\(manager)/Apply" }.values.reduce(FieldSet()) { $0.union($1) }
        let left = table.fieldSet(of: dropped.json)
        #expect(
          left.subtracting(others).subtracting(defaults).paths
            == [[.field("spec"), .field("size")]].filter { !others.contains($0) })
        #expect(others.subtracting(left).leaves.allSatisfy { table.value(at: $0, in: dropped.json) != nil })
      }
    }
  }
}
