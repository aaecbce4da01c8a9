import Testing

@testable import KubeMemory

@Suite struct FormatTests {
  static let cases: [(name: String, accepted: [String], refused: [String])] = [
    (
      "date-time", ["2026-11-29T13:45:06Z", "2026-11-29t13:45:06.25+01:00"],
      [
        "", "2026-11-29", "2026-11-29T24:00:00Z", "2026-11-29T13:45:60Z", "2026-11-29T13:45:06",
        "2026-13-01T00:00:00Z",
      ]
    ),
    ("date", ["2026-02-28"], ["2026-02-30", "2026-2-3", "20260203", "2026-02-28T00:00:00Z"]),
    ("duration", ["1h30m", "-1.5s", "0", "2 days", "3 weeks 1hour"], ["", "1", "h", "1 parsec"]),
    ("byte", ["QUI=", "QUJD"], ["", "QUI", "Q*I=", "QUI=\n"]),
    (
      "uuid", ["35c2e720-8f97-493d-85e8-187b207157d7", "35C2E7208F97493D85E8187B207157D7"], ["", "35c2e720"]
    ),
    ("uuid4", ["35c2e720-8f97-493d-85e8-187b207157d7"], ["35c2e720-8f97-393d-85e8-187b207157d7"]),
    (
      "ipv4", ["10.0.0.1", "255.255.255.255"],
      ["10.0.0", "10.0.0.256", "010.0.0.1", "::1", "10.0.0.1/8", "a"]
    ),
    (
      "ipv6", ["::1", "fd00::1", "1:2:3:4:5:6:7:8", "::ffff:1.2.3.4", "::", "1:2:3:4:5:6:7::"],
      [
        "10.0.0.1", "1:2:3", "1::2::3", ":::", "12345::", "fe80::1%eth0", "1:2:3:4:5:6:7:8:9",
        "1:2:3:4::5:6:7:8",
      ]
    ),
    (
      "cidr", ["10.0.0.0/8", "fd00::/64", "10.0.0.0/08"],
      ["10.0.0.0", "10.0.0.0/33", "fd00::/129", "10.0.0.0/", "/8"]
    ),
    (
      "mac", ["00:00:5e:00:53:01", "02-00-5E-10-00-00-00-01", "0000.5e00.5301"],
      ["00:00:5e:00:53", "00:00:5e:00:53:0g"]
    ),
    (
      "uri", ["https://a.example:8443/b?c#d", "/a", "mailto:a@b", "http://[::1]:80/", "http://a/b c", "*"],
      ["", "123", "a/b", "http://a b/", "http://a:b/", "/%zz", "/\u{7F}", "1http://a"]
    ),
    (
      "hostname", ["a", "a.example", "1.example.com", "a-", "a.bc", "é"],
      ["", "-a", "xn--a", "a..b", "a_b", "a.b", String(repeating: "a", count: 64)]
    ),
    ("email", ["a@b.example", "A B <a@b>"], ["", "a", "a@", "@b", "a@b@c", "a b@c", "a@b.", "A <a@b"]),
    ("hexcolor", ["#fff", "A0b1C2"], ["", "#ff", "#ggg"]),
    ("rgbcolor", ["rgb(0, 255,10)"], ["rgb(0,256,1)", "rgb(1,2)"]),
    ("ssn", ["123-45-6789"], ["12-345-6789", "123456789"]),
    ("bsonobjectid", ["507f1f77bcf86cd799439011"], ["507f1f77bcf86cd79943901"]),
    ("quantity", ["10Gi", "-1.5", "1e3"], ["", "10Qi"]),
    ("k8s-short-name", ["a-b"], ["a.b", "A", ""]), ("k8s-long-name", ["a-b.c"], ["a_b", ""]),
    ("password", ["", "anything"], []),
  ]

  @Test(arguments: cases) func `a format accepts what the API server accepts`(
    name: String, accepted: [String], refused: [String]
  ) throws {
    let format = try #require(StringFormat(name: name))
    for text in accepted { #expect(format.accepts(text), "\(text)") }
    for text in refused { #expect(!format.accepts(text), "\(text)") }
  }

  @Test func `the hyphens of a format's name don't count`() {
    #expect(StringFormat(name: "datetime") == StringFormat(name: "date-time"))
    #expect(StringFormat(name: "int32") == nil)
  }
}
