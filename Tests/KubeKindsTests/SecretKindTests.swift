import KubeCore
import KubeKindsCore
import Testing

@Suite struct SecretKindTests {
  private static let document = """
    {"apiVersion":"v1","kind":"Secret","metadata":{"name":"proxy-client","namespace":"addons"},
     "type":"Opaque","data":{"token":"aHVudGVyMg==","empty":""}}
    """

  private func secret(_ text: String) throws -> Secret {
    try Secret(from: FieldReader(JSONParser().parse(text)))
  }

  @Test func `a Secret's data are decoded whether concealed or not`() throws {
    let open = try secret(Self.document)
    let hidden: Secret = try DynamicObject(JSONParser().parse(Self.document)).decode()
    #expect(open == hidden)
    #expect(open.data["token"]?.exposedText() == "hunter2")
    #expect(open.data["empty"]?.isEmpty == true)
    #expect(open.type == "Opaque")
  }

  @Test func `line breaks in a Secret's data are accepted`() throws {
    let secret = try secret(
      #"{"metadata":{"name":"a"},"data":{"token":"aHVu\ndGVy\r\nMg==\n"}}"#)
    #expect(secret.data["token"]?.exposedText() == "hunter2")
  }

  @Test func `a Secret's data are encoded concealed`() throws {
    let json = try secret(Self.document).json
    #expect(json.value(at: "data", "token") == .secret(SecretBytes(utf8: "aHVudGVyMg==")))
    #expect(!JSONWriter().text(json).contains("aHVudGVyMg"))
    let revealed = JSONWriter(secrets: .revealed).text(json)
    #expect(try JSONParser().parse(revealed) == JSONParser().parse(Self.document))
  }

  @Test func `a Secret's description never shows its data`() throws {
    let value = try secret(Self.document)
    for text in ["\(value)", String(reflecting: value), "\(value.json)"] {
      #expect(!text.contains("hunter2") && !text.contains("aHVudGVyMg"))
    }
    var dumped = ""
    dump(value, to: &dumped)
    #expect(!dumped.contains("hunter2") && !dumped.contains("aHVudGVyMg"))
  }

  @Test(arguments: [#""not base64: hunter2""#, #""aHVudGVyM""#, "12345", #"["hunter2"]"#, #"{"hunter2":1}"#])
  func `the error of invalid data has the path but not the data`(bad: String) throws {
    let text = #"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"a"},"data":{"tls.key":\#(bad)}}"#
    let error = #expect(throws: FieldError.self) { try secret(text) }
    #expect(error?.path.description == "data[tls.key]")
    #expect(error?.description.contains("hunter2") == false)
    #expect(error?.description.contains("aHVudGVyM") == false)
    #expect(error?.description.contains("12345") == false)
    let hidden = #expect(throws: FieldError.self) {
      try DynamicObject(JSONParser().parse(text)).decode(Secret.self)
    }
    #expect(hidden?.path.description == "data[tls.key]")
    #expect(hidden?.description.contains("hunter2") == false)
  }
}
