import KubeCore
import Testing

@Suite struct StatusTests {
  @Test func `a refusal survives a round trip`() throws {
    let document = try JSONParser().parse(
      """
      {"apiVersion":"v1","kind":"Status","metadata":{},"status":"Failure","message":"m","reason":"Invalid","code":422,
       "details":{"name":"a","group":"g","kind":"k","uid":"u","retryAfterSeconds":1,
       "causes":[{"reason":"FieldValueInvalid","message":"bad","field":"spec.replicas"}]}}
      """)
    #expect(try Status(from: FieldReader(document)).json == document)
  }
}
