import KubeConfig
import Testing

@Suite struct URLTests {
  static let invalid: [(text: String, code: URLProblem.Code)] = [
    ("https://" + String(repeating: "h", count: 2048), .tooLarge), ("https://a b", .invalidCharacter),
    ("h:6443", .invalidScheme), ("ftp://h", .invalidScheme), ("https://u@h", .unsupportedPart),
    ("https://h?a=b", .unsupportedPart), ("https://h/../a", .invalidPath), ("https://", .invalidHost),
    ("https://[::1", .invalidHost), ("https://::1:6443", .invalidHost), ("https://h:0", .invalidPort),
  ]

  @Test(arguments: invalid) func `an invalid address has a code for programs, and a remedy for people`(
    _ text: String, _ code: URLProblem.Code
  ) {
    let error = #expect(throws: URLProblem.self) { try ServerURL(text) }
    #expect(error?.code == code)
    #expect(error.map { $0.description == "\($0.problem); \($0.remedy)" && !$0.remedy.isEmpty } == true)
  }
}
