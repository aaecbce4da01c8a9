import KubeCore
import Testing

@Suite struct QuantityTests {
  @Test(arguments: [
    ("0", "0"), ("0.1", "100m"), ("1000m", "1"), ("0.5Gi", "512Mi"), ("1024Mi", "1Gi"), ("1.5", "1500m"),
    ("1e3", "1e3"),
    ("1E3", "1e3"), ("12e6", "12e6"), ("1000", "1k"), ("1500", "1500"), ("1E", "1E"), ("1Ei", "1Ei"),
    ("-1.5Gi", "-1536Mi"),
    ("+5", "5"), (".5", "500m"), ("5.", "5"), ("0.0000000001", "1n"), ("100Ki", "100Ki"), ("512Ki", "512Ki"),
    ("0.5Ki", "512"), ("1e-3", "1e-3"), ("99999999999999999999", "9223372036854775807"),
    ("8Ei", "9223372036854775807"),
    ("1e1000000", "9223372036854775807"), ("1e-1000000", "1e-9"), ("0e99", "0"), ("00012", "12"),
    ("0.00000000000000000000000000000000000000000000000000000000000001", "1n"), ("3u", "3u"), ("0Gi", "0"),
  ])
  func `a quantity is read and spelled canonically`(text: String, canonical: String) throws {
    let quantity = try #require(Quantity(text))
    #expect(quantity.description == canonical)
    #expect(Quantity(canonical) == quantity)
  }

  @Test(arguments: [
    "", "-", "+", ".", "m", "1K", "1ki", "1mi", "1 Gi", " 1", "1Gi ", "1e", "1e+", "1.2.3", "--1", "0x1",
    "1e1.5", "1KiB", "NaN",
    "12345678901234567890123456789", "１",
  ])
  func `what is no quantity is refused`(text: String) {
    #expect(Quantity(text) == nil)
    #expect(throws: FieldError.self) { try Quantity(from: FieldReader(.string(text))) }
  }

  @Test func `amounts are compared exactly`() {
    var generator = SeededGenerator(seed: 40)
    for _ in 0..<1_000 {
      let (a, b) = (
        Int64.random(in: -(1 << 50)...(1 << 50), using: &generator),
        Int64.random(in: -9...9, using: &generator)
      )
      guard let left = Quantity("\(a)m"), let right = Quantity("\(a + b)m") else {
        Issue.record("\(a) \(b)")
        return
      }
      #expect((left < right) == (b > 0))
      #expect((left == right) == (b == 0))
      #expect(Quantity(left.description) == left)
    }
    #expect(Quantity("9007199254740993") != Quantity("9007199254740992"))
    #expect(Quantity(5) == Quantity("5") && Quantity(.min) < Quantity(.max))
    #expect(Quantity("1Gi")?.hashValue == Quantity("1024Mi")?.hashValue)
    #expect(Quantity("1.5")?.roundedUp == 2)
    #expect(Quantity("-1.5")?.roundedUp == -2)
  }
}

@Suite struct GoDurationTests {
  @Test(arguments: [
    ("4320h", "4320h0m0s"), ("0", "0s"), ("0s", "0s"), ("1h30m", "1h30m0s"), ("90m", "1h30m0s"),
    ("1.5s", "1.5s"),
    ("-1m", "-1m0s"), ("+20ms", "20ms"), ("1500us", "1.5ms"), ("1500µs", "1.5ms"), ("7ns", "7ns"),
    (".5h", "30m0s"),
    ("1.h", "1h0m0s"), ("1m1m", "2m0s"), ("2562047h47m16.854775807s", "2562047h47m16.854775807s"),
    ("-2562047h47m16.854775808s", "-2562047h47m16.854775808s"), ("0.0000000001s", "0s"),
    ("1h0.000000001s", "1h0m0.000000001s"),
  ])
  func `a duration is read and printed as Go does`(text: String, printed: String) throws {
    let duration = try #require(GoDuration(text))
    #expect(duration.description == printed)
    #expect(GoDuration(printed) == duration)
  }

  @Test(arguments: [
    "", "-", "1", "h", ".", ".s", "1d", "1 h", "1h ", "1hh", "3000000h", "9223372036854775808ns", "--1h",
    "1e3s", "1h-1m",
    "99999999999999999999h", "2562047h47m16.854775808s",
  ])
  func `what is no duration is refused`(text: String) {
    #expect(GoDuration(text) == nil)
  }

  @Test func `any length is printed and read back`() {
    var generator = SeededGenerator(seed: 41)
    for _ in 0..<2_000 {
      let value =
        Int64.random(in: .min ... .max, using: &generator) >> Int64.random(in: 0..<63, using: &generator)
      let duration = GoDuration(nanoseconds: value)
      #expect(GoDuration(duration.description) == duration, "\(duration)")
    }
    #expect(GoDuration(seconds: .max).nanoseconds == .max)
    #expect(GoDuration(seconds: 15_552_000).description == "4320h0m0s")
  }
}

@Suite struct SelectorTests {
  @Test(
    arguments: [
      ("", [:], true), ("a=b", ["a": "b"], true), ("a==b", ["a": "c"], false), ("a!=b", [:], true),
      ("a!=b", ["a": "b"], false),
      ("a in (x,y)", ["a": "y"], true), ("a in (x, y)", ["a": "z"], false), ("a notin (x)", [:], true),
      ("a", ["a": ""], true),
      ("a", [:], false), ("!a", [:], true), ("! a", ["a": "b"], false),
      ("a=b,c in (x,y),!d", ["a": "b", "c": "x"], true),
      ("a=", ["a": ""], true), ("a in (,x)", ["a": ""], true),
      ("x.io/y=z , q", ["x.io/y": "z", "q": "1"], true),
      ("a=b,a=c", ["a": "b"], false), ("in in (in)", ["in": "in"], true), ("notin", ["notin": ""], true),
    ] as [(String, [String: String], Bool)])
  func `a label selector's query chooses`(query: String, labels: [String: String], isChosen: Bool) throws {
    let selector = try LabelSelector(query: query)
    #expect(selector.matches(labels) == isChosen)
    #expect(try LabelSelector(query: selector.query).matches(labels) == isChosen)
    #expect(try LabelSelector(from: FieldReader(selector.json)) == selector)
  }

  @Test(arguments: [
    ",", "a,", ",a", "a=b c", "a in", "a in (", "a in (x", "a in x", "=b", "!", "!=b", "a>1", "a=b=c", "-a",
    "a/b/c", "a=-",
    "a=é", "A_/x",
  ])
  func `a query that makes no sense is refused`(query: String) {
    #expect(throws: FieldError.self) { try LabelSelector(query: query) }
  }

  @Test func `values and operator must fit`() {
    #expect(throws: FieldError.self) {
      try LabelSelector(from: FieldReader(["matchExpressions": [["key": "a", "operator": "In"]]]))
    }
    for value: JSONValue in ["a=b", 1, true, []] {
      #expect(throws: FieldError.self, "\(value)") { try LabelSelector(from: FieldReader(value)) }
    }
    #expect(throws: FieldError.self) {
      try LabelSelector(
        from: FieldReader(["matchExpressions": [["key": "a", "operator": "Exists", "values": ["x"]]]]))
    }
    #expect(throws: FieldError.self) {
      try LabelSelector(
        from: FieldReader(["matchExpressions": [["key": "a", "operator": "Near", "values": ["x"]]]]))
    }
  }

  @Test func `a field selector chooses by values at paths`() throws {
    let object: JSONValue = ["metadata": ["name": "a,b=c\\d"], "spec": ["n": 3, "on": true]]
    for (query, isChosen) in [
      (#"metadata.name=a\,b\=c\\d"#, true), ("metadata.name!=x", true), ("spec.n==3,spec.on=true", true),
      ("spec.n=3,spec.on=false", false), ("status.phase=", true), ("status.phase!=Failed", true), ("", true),
    ] {
      let selector = try FieldSelector(query: query)
      #expect(selector.matches(object) == isChosen, "\(query)")
      #expect(try FieldSelector(query: selector.query) == selector)
    }
    for query in ["a", "=b", "a=b=c", #"a=\"#, #"a=\x"#, "a=b,c", "!=x"] {
      #expect(throws: FieldError.self, "\(query)") { try FieldSelector(query: query) }
    }
    #expect(FieldSelector.name("x").query == "metadata.name=x")
    let combining = FieldSelector([.init("metadata.name", "a,\u{301}x=\u{301}y\\\u{301}")])
    #expect(try FieldSelector(query: combining.query) == combining)
  }
}

@Suite struct NameTests {
  @Test func `names follow RFC 1123`() {
    for name in ["a", "a-1", "1", String(repeating: "a", count: 63)] {
      #expect(NameRules.dnsLabelProblem(name) == nil)
    }
    for name in ["", "-a", "a-", "A", "a.b", "a_b", "é", String(repeating: "a", count: 64), "a\n"] {
      #expect(NameRules.dnsLabelProblem(name) != nil)
    }
    for name in ["a", "a.b-c.1", String(repeating: "a", count: 253)] {
      #expect(NameRules.dnsSubdomainProblem(name) == nil)
    }
    for name in ["", ".", "a.", ".a", "a..b", "a.-b", "A.b", "a/b", String(repeating: "a", count: 254)] {
      #expect(NameRules.dnsSubdomainProblem(name) != nil)
    }
    #expect(NameRules.pathSegmentProblem("apiserver-aggregation:cluster-gateway") == nil)
    for name in ["", ".", "..", "a/b", "a%b"] { #expect(NameRules.pathSegmentProblem(name) != nil) }
  }

  @Test func `labels have keys and values of their own rules`() {
    for key in ["a", "A_b.c-d", "x.io/a", "app.kubernetes.io/name"] {
      #expect(NameRules.labelKeyProblem(key) == nil)
    }
    for key in ["", "/a", "a/", "X/a", "a/b/c", "-a", "a b", String(repeating: "a", count: 64)] {
      #expect(NameRules.labelKeyProblem(key) != nil)
    }
    for value in ["", "a", "A_b.c-d", "1"] { #expect(NameRules.labelValueProblem(value) == nil) }
    for value in ["-", "a ", "a/b", String(repeating: "a", count: 64)] {
      #expect(NameRules.labelValueProblem(value) != nil)
    }
  }

  @Test func `a share of a total is rounded as asked`() throws {
    #expect(IntOrString.string("25%").scaled(total: 3, roundingUp: true) == 1)
    #expect(IntOrString.string("25%").scaled(total: 3, roundingUp: false) == 0)
    #expect(IntOrString.int(2).scaled(total: 3, roundingUp: false) == 2)
    #expect(IntOrString.string("x").scaled(total: 3, roundingUp: false) == nil)
    #expect(try IntOrString(from: FieldReader(7)) == 7 && IntOrString(from: FieldReader("a")).json == "a")
    #expect(throws: FieldError.self) { try IntOrString(from: FieldReader(true)) }
  }

  @Test func `empty parts of metadata are left out, not null`() {
    #expect(ObjectMeta(name: "a").json == ["name": "a"])
    #expect(
      [String]().jsonUnlessEmpty == JSONValue?.none && [String: String]().jsonUnlessEmpty == JSONValue?.none)
  }
}
