import KubeCore
import Testing

@testable import KubeMemory

/// Expressions and their values. The expected values were read from the sources and tests of cel-go
/// and Kubernetes; they were not compared with a running API server.
@Suite struct CELTests {
  /// The value of `self` in the expressions below.
  static let object: JSONValue = [
    "name": "Rook takes 👑", "count": 3, "ratio": 3, "on": true, "none": .null, "percent": "25%",
    "wait": "1h2m3s4ms",
    "since": "2011-08-18T19:03:37.010+01:00", "day": "1997-07-16", "data": "QUI=", "a-b.c": "x",
    "namespace": "n",
    "list": [1, 2, 3, 3], "set": ["a", "b"], "parts": [["key": "a", "value": "1"], ["key": "b"]],
    "map": ["x": 1, "y-z": 2], "inner": [:], "free": ["anything": 1],
  ]

  static let schema: JSONValue = [
    "type": "object",
    "properties": [
      "name": ["type": "string"], "count": ["type": "integer"], "ratio": ["type": "number"],
      "on": ["type": "boolean"], "none": ["type": "integer", "nullable": true],
      "percent": ["x-kubernetes-int-or-string": true], "wait": ["type": "string", "format": "duration"],
      "since": ["type": "string", "format": "date-time"], "day": ["type": "string", "format": "date"],
      "data": ["type": "string", "format": "byte"], "a-b.c": ["type": "string"],
      "namespace": ["type": "string"],
      "list": ["type": "array", "items": ["type": "integer"]],
      "set": ["type": "array", "items": ["type": "string"], "x-kubernetes-list-type": "set"],
      "parts": [
        "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["key"],
        "items": [
          "type": "object", "properties": ["key": ["type": "string"], "value": ["type": "string"]],
        ],
      ],
      "map": ["type": "object", "additionalProperties": ["type": "integer"]],
      "inner": ["type": "object", "properties": ["field": ["type": "integer"]]],
      "free": ["type": "object", "x-kubernetes-preserve-unknown-fields": true],
    ],
  ]

  private static let read: (schema: CustomResourceSchema, value: CELValue) = {
    var unevaluated: [String] = []
    let read = CustomResourceSchema(schema, unevaluated: &unevaluated)
    return (read, read.celValue(object))
  }()

  /// The value of an expression, or its error.
  static func evaluate(_ text: String, budget: Int = CELEvaluation.ruleBudget) -> Result<CELValue, CELError> {
    do {
      var checker = CELChecker(variables: [("self", .schema(read.schema, isResource: false))])
      let expression = try checker.checked(CELParser.parse(text))
      var evaluation = CELEvaluation([("self", read.value)], budget: budget)
      do throws(CELError) {
        return .success(try evaluation.value(expression))
      } catch {
        return .failure(error)
      }
    } catch {
      return .failure(CELError(description: "problem: \(error)"))
    }
  }

  @Test(arguments: [
    // Numbers
    "1 + 2 * 3 == 7", "(1 + 2) * 3 == 9", "7 / 2 == 3", "-7 / 2 == -3", "-7 % 3 == -1", "7 - 2 - 1 == 4",
    "0x1F == 31", "-0x1F == -31", "-9223372036854775808 < 0", "2u + 3u == 5u", "1.5 + 1.5 == 3.0",
    "1e3 == 1000.0",
    ".5 == 0.5", "1.0 / 0.0 > 1e300", "1 == 1.0", "1 == 1u", "1.5 != 1", "1u < 2", "-1 < 1u", "1 < 1.5",
    "9223372036854775807 < 9223372036854775808.0", "!(double('NaN') == double('NaN'))",
    "!(double('NaN') < 1.0)",
    "self.count == 3", "self.ratio == 3.0", "type(self.ratio) == double", "type(self.count) == int",
    "-self.count == -3",
    // Logic
    "true && !false", "true || 1 / 0 == 1", "1 / 0 == 1 || true", "!(false && 1 / 0 == 1)",
    "!(1 / 0 == 1 && false)",
    "false || false || true", "true ? true : 1 / 0 == 1", "false ? false : true ? true : false", "'a' != 1",
    "[] != {}",
    // Strings
    "'a' + \"b\" == 'ab'", "r'\\d' == '\\\\d'", "'''a\nb''' == 'a\\nb'", "\"\"\"a'\"b\"\"\" == 'a\\'\"b'",
    "'\\x41\\u00e9\\U0001F451\\101' == 'Aé👑A'", "'a' < 'b'", "'Z' < 'a'", "'é' > 'z'",
    "'e\\u0301' != '\\u00e9'", "size('👑') == 1",
    "self.name.size() == 12", "self.name.startsWith('Rook')", "!self.name.startsWith('ook')",
    "self.name.endsWith('👑')",
    "self.name.contains('takes')", "!self.name.contains('gives')", "self.name.matches('^[^0-9]*$')",
    "matches(self.name, 'R.*k')", "self.name.matches('ta' + 'kes')", "self.name.charAt(3) == 'k'",
    "'ab'.charAt(2) == ''",
    "self.name.indexOf('o') == 1", "self.name.indexOf('o', 2) == 2", "self.name.indexOf('x') == -1",
    "self.name.lastIndexOf('k') == 7", "'tacocat'.lastIndexOf('a', 3) == 1", "'hello'.indexOf('') == 0",
    "self.name.replace(' ', 'x') == 'Rookxtakesx👑'", "self.name.replace(' ', 'x', 1) == 'Rookxtakes 👑'",
    "'ab'.replace('', '_') == '_a_b_'", "'aa'.replace('a', '', 0) == 'aa'",
    "'a,b,c'.split(',') == ['a', 'b', 'c']",
    "'a,b,c'.split(',', 2) == ['a', 'b,c']", "'a,b'.split(',', 0) == []", "'ab'.split('') == ['a', 'b']",
    "self.name.substring(5) == 'takes 👑'", "self.name.substring(0, 4) == 'Rook'", "' a\\t'.trim() == 'a'",
    "'aB'.lowerAscii() == 'ab'", "'aBé'.upperAscii() == 'ABé'", "['a', 'b'].join('-') == 'a-b'",
    "['a', 'b'].join() == 'ab'",
    "b'AB' == bytes('AB')", "b'\\x41\\xff' != b'A'", "size(b'é') == 2", "b'a' + b'b' == b'ab'",
    "self.data == b'AB'",
    // Lists and maps
    "size(self.list) == 4", "self.list[0] == 1", "2 in self.list", "!(4 in self.list)",
    "self.list + [4] == [1, 2, 3, 3, 4]",
    "[1, 2] != [2, 1]", "[1, 'a', [true]] == [1, 'a', [true]]", "self.set == ['b', 'a']",
    "self.set + ['b', 'c'] == ['a', 'b', 'c']",
    "self.parts == [{'key': 'b'}, {'value': '1', 'key': 'a'}]", "size(self.parts + [self.parts[0]]) == 2",
    "self.map['x'] == 1", "self.map.x == 1", "'y-z' in self.map", "!('z' in self.map)", "has(self.map.x)",
    "!has(self.map.z)",
    "size(self.map) == 2", "self.map == {'y-z': 2, 'x': 1}", "{1: 'a', true: 'b'}[1] == 'a'",
    "{'a': {'b': 1}}.a.b == 1",
    "[1, 2, 3].isSorted()", "![2, 1].isSorted()", "[1, 2, 3].sum() == 6", "[2, 1].min() == 1",
    "['a', 'b'].max() == 'b'",
    "[1, 2, 1].indexOf(1) == 0", "[1, 2, 1].lastIndexOf(1) == 2", "[1,].size() == 1", "{'a': 1,}.size() == 1",
    // Fields
    "has(self.name)", "!has(self.none)", "!has(self.inner.field)", "has(self.free)",
    "self.a__dash__b__dot__c == 'x'",
    "self.__namespace__ == 'n'", "self.percent == '25%' || self.percent == 25", "self.percent != 1",
    "type(self.percent) == string",
    // Macros
    "self.list.all(e, e > 0)", "!self.list.all(e, e < 3)", "self.list.exists(e, e == 2)",
    "self.list.exists_one(e, e == 1)",
    "!self.list.exists_one(e, e == 3)", "self.list.filter(e, e % 2 == 1) == [1, 3, 3]",
    "self.list.map(e, e * 2)[1] == 4",
    "self.list.map(e, e > 2, e) == [3, 3]", "self.map.all(k, self.map[k] > 0)", "[].all(e, false)",
    "![].exists(e, true)",
    "[1, 0].exists(e, 1 / e == 1)", "[0, 1].exists(e, 1 / e == 1)", "![0, 1].all(e, 1 / e != 1)",
    "self.parts.exists(p, has(p.value) && p.value == '1')", "self.parts.exists(p, p.value == '1')",
    "[[1], [2, 3]].all(l, l.exists(e, e > 0))", "cel.bind(x, self.count + 1, x * x) == 16",
    "[1].existsOne(e, e == 1)",
    // Conversions
    "int('10') == 10", "int(3.9) == 3", "int(-3.9) == -3", "int(5u) == 5", "uint(5) == 5u",
    "double('1.5') == 1.5",
    "string(1.5) == '1.5'", "string(10.0) == '10'", "string(true) == 'true'", "string(b'A') == 'A'",
    "bool('true')",
    "string(duration('1h2m3s4ms')) == '3723.004s'",
    "string(timestamp('2011-08-18T19:03:37.01+01:00')) == '2011-08-18T18:03:37.01Z'",
    "int(timestamp('1970-01-01T00:00:10Z')) == 10", "dyn(1) == 1", "type(1) == int", "type('') == string",
    "type(type(1)) == type",
    "type(duration('1s')) == google.protobuf.Duration", "type(null) == null_type", "type([]) == list",
    "type({}) == map",
    // Times
    "duration('1h') + duration('30m') == duration('90m')", "duration('1h') > duration('59m')",
    "-duration('1s') == duration('-1s')",
    "duration('90m').getHours() == 1", "duration('90m').getMinutes() == 90", "self.wait.getSeconds() == 3723",
    "self.wait.getMilliseconds() == 3723004", "self.since.getHours() == 18",
    "self.since.getHours('+01:00') == 19",
    "self.since.getDate('01:00') == 18", "self.since.getMilliseconds() == 10", "self.since.getMonth() == 7",
    "self.since.getFullYear() == 2011", "self.since.getDayOfWeek() == 4", "self.since.getDayOfYear() == 229",
    "self.since.getDayOfMonth() == 17", "self.day == timestamp('1997-07-16T00:00:00Z')",
    "self.since - duration('1h') < self.since", "self.since - self.day > duration('0s')",
    "timestamp('2024-03-01T00:00:00Z').getDayOfYear() == 60",
    "timestamp('1969-12-31T23:59:59.9Z').getSeconds() == 59",
    "timestamp('1969-12-31T23:59:59.9Z').getDayOfWeek() == 3",
    // Optionals
    "self.?none.orValue(5) == 5", "self.?count.orValue(5) == 3", "!self.?none.hasValue()",
    "self.?count.value() == 3",
    "self.?inner.?field.orValue(7) == 7", "self.map[?'x'].orValue(0) == 1", "self.list[?9].orValue(0) == 0",
    "optional.none().or(optional.of(1)).value() == 1", "self.?count.optMap(c, c + 1).value() == 4",
    "!optional.ofNonZeroValue('').hasValue()",
    // Spaces and comments
    " \n\t1 // one\n == 1 ",
  ]) func `a true expression is true`(_ text: String) {
    #expect(CELTests.evaluate(text) == .success(.bool(true)))
  }

  @Test(arguments: [
    ("9223372036854775807 + 1", "integer overflow"), ("-9223372036854775808 - 1", "integer overflow"),
    ("-(-9223372036854775808)", "integer overflow"), ("9223372036854775807 * 2", "integer overflow"),
    ("-9223372036854775808 / -1", "integer overflow"), ("1u - 2u", "unsigned integer overflow"),
    ("1 / 0", "division by zero"),
    ("1 % 0", "modulus by zero"), ("int(1e19)", "integer overflow"),
    ("uint(-1)", "unsigned integer overflow"),
    ("int('x')", "type conversion error from 'string' to 'int'"),
    ("int('９')", "type conversion error from 'string' to 'int'"),
    ("duration('1 day')", "type conversion error from 'string' to 'google.protobuf.Duration'"),
    ("duration('2562047h') + duration('2562047h')", "duration overflow"),
    ("timestamp('9999-12-31T23:59:59Z') + duration('1s')", "timestamp overflow"),
    ("self.list[4]", "index out of bounds: 4"), ("self.list[-1]", "index out of bounds: -1"),
    ("self.map['z']", "no such key: z"),
    ("self.inner.field", "no such key: field"), ("self.none == 1", "no such key: none"),
    ("self.parts.all(p, p.value == '1')", "no such key: value"),
    ("self.parts.exists_one(p, p.value == '1')", "no such key: value"),
    ("self.parts.filter(p, p.value == '1')", "no such key: value"),
    ("self.parts.map(p, p.value)", "no such key: value"),
    ("1 + 'a'", "no such overload"), ("1 + 1.0", "no such overload"), ("!1", "no such overload"),
    ("1 < 'a'", "no such overload"),
    ("1 && true", "no such overload"), ("1 ? 2 : 3", "no such overload"), ("size(1)", "no such overload"),
    ("'a' in 'ab'", "no such overload"),
    ("1 / 0 == 1 || false", "division by zero"), ("1 / 0 == 1 && true", "division by zero"),
    ("self.percent.all(x, true)", "no such overload"),
    ("'abc'.substring(2, 1)", "invalid substring range. start: 2, end: 1"),
    ("'abc'.substring(4)", "index out of range: 4"),
    ("'a'.matches('(' + '')", "error parsing regexp: missing closing )"),
    ("{'a': 1, 'a': 2}", "insert failed: key a already exists"),
    ("optional.none().value()", "optional.none() dereference"),
    ("self.since.getHours('Mars')", "unknown time zone Mars"),
    ("[].min()", "min called on empty list"), ("self.name.charAt(20)", "index out of range: 20"),
  ]) func `an error is the one that cel-go reports`(text: String, message: String) {
    #expect(CELTests.evaluate(text) == .failure(CELError(description: message)))
  }

  @Test(arguments: [
    ("", "unexpected end"), ("1 +", "unexpected end"), ("1 1", "unexpected literal"),
    ("(1", "unexpected end"), ("1)", "unexpected ')'"),
    ("'a", "unterminated string"), ("'\\q'", "invalid escape"),
    ("9223372036854775808", "invalid int literal"), ("1 = 2", "unexpected character"),
    ("99999999999999999999", "too large"), ("#", "unexpected character"), ("a.", "unexpected end"),
    ("namespace", "reserved identifier"), ("self.list.all(1, true)", "needs a variable"),
    ("has(self)", "invalid argument to has()"), ("x", "undeclared reference to 'x'"),
    ("self.list.all(e, f)", "undeclared reference to 'f'"),
    ("e == 1 || self.list.all(e, true)", "undeclared reference to 'e'"),
    ("self.nmae", "undefined field 'nmae'"), ("has(self.inner.nothing)", "undefined field"),
    ("self.parts[0].kye", "undefined field 'kye'"),
    ("self.parts.exists(p, p.kye == 'a')", "undefined field 'kye'"),
    ("self.free.anything", "undefined field"),
    ("self.parts.filter(p, true).all(p, p.kye == '')", "undefined field 'kye'"),
    ("self.name.x", "undefined field"), ("self.inner['field']", "no matching overload for '_[_]'"),
    ("self.quantity()", "function 'quantity' is not supported"),
    ("quantity('1')", "function 'quantity' is not supported"), ("isURL('x')", "not supported"),
    ("size()", "no matching overload for 'size'"),
    ("'a'.contains('b', 'c')", "no matching overload for 'contains'"),
    ("'a'.matches('(')", "error parsing regexp"), ("oldSelf == self", "undeclared reference"),
    (String(repeating: "(", count: 500) + "1" + String(repeating: ")", count: 500), "nests too deeply"),
    (String(repeating: "1+", count: 500) + "1", "nests too deeply"),
    (String(repeating: "-", count: 500) + "1", "nests too deeply"),
    ("[" + String(repeating: "1,", count: 40_000) + "]", "longer than"),
    (String(repeating: "!", count: 99) + "!" + "true", "nests too deeply"),
  ]) func `what can't be evaluated says why`(text: String, reason: String) {
    guard case .failure(let error) = CELTests.evaluate(text) else {
      Issue.record("\(text) was evaluated")
      return
    }
    #expect(error.description.hasPrefix("problem: ") && error.description.contains(reason), "\(error)")
  }

  @Test func `many operands of a logical operator don't nest`() {
    #expect(
      CELTests.evaluate(Array(repeating: "true", count: 2_000).joined(separator: " && "))
        == .success(.bool(true)))
  }

  @Test(arguments: [
    "[1,2,3,4,5,6,7,8,9,10].all(a, [1,2,3,4,5,6,7,8,9,10].all(b, [1,2,3,4,5,6,7,8,9,10].all(c, [1,2,3,4,5,6,7,8,9,10].all(d, [1,2,3,4,5,6,7,8,9,10].all(e, [1,2,3,4,5,6,7,8,9,10].all(f, true))))))",
    "cel.bind(a, 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', cel.bind(b, a.replace('a', a), cel.bind(c, b.replace('a', a), cel.bind(d, c.replace('a', a), d.replace('a', a).size() > 0))))",
    "cel.bind(a, [1,1,1,1,1,1,1,1,1,1], cel.bind(b, a.map(x, a), cel.bind(c, b.map(x, b), cel.bind(d, c.map(x, c), cel.bind(e, d.map(x, d), e == e)))))",
  ]) func `an evaluation ends with its budget`(_ text: String) {
    #expect(CELTests.evaluate(text, budget: 50_000) == .failure(.tooCostly))
    #expect(CELTests.evaluate("(\(text)) || true", budget: 50_000) == .failure(.tooCostly))
  }

  @Test func `any text as an expression is evaluated or refused`() {
    var random = SeededNumbers(state: 11)
    let words = [
      "self", ".", "count", "list", "map", "(", ")", "[", "]", "{", "}", "1", "0", "-", "+", "*", "/", "%",
      "==", "<", "in", "&&", "||", "!", "?", ":", ",",
      "'a'", "\"", "'", "\\", "9223372036854775807", "1.5", "2u", "b''", "has", "size", "all", "exists",
      "filter", "e", "matches", "duration", "'1h'",
      "getSeconds", "null", "true", "//", "\n", "é", "optional", "none", "of", "value", "substring", "split",
      "replace", "type", "0x", "1e", "string", "int", "sum", "cel", "bind",
    ]
    var evaluated = 0
    for _ in 0..<20_000 {
      let text = (0..<Int.random(in: 1..<12, using: &random)).compactMap { _ in
        words.randomElement(using: &random)
      }.joined(separator: Bool.random(using: &random) ? "" : " ")
      switch CELTests.evaluate(text, budget: 10_000) {
      case .success: evaluated += 1
      case .failure(let error): if !error.description.hasPrefix("problem: ") { evaluated += 1 }
      }
    }
    // Otherwise only the parser was tested.
    #expect(evaluated > 100)
  }

  @Test func `random operands of every operator give a value or an error`() {
    var random = SeededNumbers(state: 13)
    let operands = [
      "0", "-1", "9223372036854775807", "-9223372036854775808", "18446744073709551615u", "0u", "1.5",
      "-1e308", "1e308", "double('NaN')", "'a'", "''", "b'\\xff'",
      "true", "null", "[1]", "[]", "{}", "{'a': 1}", "duration('2562047h')", "duration('-2562047h')",
      "timestamp('0001-01-01T00:00:00Z')",
      "timestamp('9999-12-31T23:59:59.999999999Z')", "int", "optional.none()", "optional.of(1)", "self.set",
      "self.parts", "self",
    ]
    let operators = ["+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "in", "&&", "||"]
    for left in operands {
      for right in operands {
        for op in operators { _ = CELTests.evaluate("\(left) \(op) \(right)") }
      }
      let functions = CELFunction.supported.keys.sorted { $0.name < $1.name }
      for function in functions where function.isMethod {
        let arguments = (0..<2).compactMap { _ in operands.randomElement(using: &random) }
        for count in 0...2 {
          _ = CELTests.evaluate(
            "(\(left)).\(function.name)(\(arguments.prefix(count).joined(separator: ", ")))")
        }
      }
      for function in functions where !function.isMethod {
        _ = CELTests.evaluate("\(function.name)(\(left))")
      }
    }
    #expect(CELTests.evaluate("-1 / 1.5") == .failure(.noOverload))
  }
}
