import Foundation
import GatewayDemo
import Testing

@testable import gateway_manager

/// docs/troubleshooting.md: a section for each code of a finding and each reason of a condition or
/// an Event.
@Suite struct TroubleshootingTests {
  private static let folders = [
    "Sources/GatewayReconcile", "Sources/KubeReconcile", "Sources/CertificatePolicy",
    "Sources/GatewayManager",
  ]

  /// Words of the same form with another meaning: kinds, condition types, field values, feature
  /// gates.
  private static let others: Set<String> = [
    "APIService", "ClusterIP", "ClusterRole", "SelfSubjectAccessReview", "ServiceAccount",
    "SubjectAccessReview", "RollingUpdate", "IfNotPresent", "RuntimeDefault",
    "ScheduleAnyway",
    "SelectivelyOrphan", "CreateOnly", "ReadOnly", "ClientIdentityPenetration", "OCMClusterCache",
  ]

  private static func words(_ text: String) -> Set<String> {
    // A reason is a CamelCase word; one with a single capital is recognized by its context.
    var words = Set(
      text.matches(of: /(?:reason: |Code = |isEmpty \? )"([A-Z][A-Za-z]+)"/).map { String($0.1) })
    for match in text.matches(of: /"([A-Z][A-Za-z]+)"/) {
      let capitals = match.1.filter(\.isUppercase).count
      if capitals > 1, capitals < match.1.count { words.insert(String(match.1)) }
    }
    for match in text.matches(of: /\(\.(?:true|false|unknown), "([A-Z][a-z]+)"/) {
      words.insert(String(match.1))
    }
    return words
  }

  private static func code() throws -> Set<String> {
    var found: Set<String> = []
    for folder in folders {
      for text in try Repository.sources(folder).values {
        let code = text.split(separator: "\n").filter { !$0.drop(while: \.isWhitespace).hasPrefix("//") }
        found.formUnion(words(code.joined(separator: "\n")))
      }
    }
    return found
  }

  /// The document's groups in their order: the heading of each, and the codes of its sections.
  static func groups() throws -> [(title: String, codes: [String])] {
    var groups: [(title: String, codes: [String])] = []
    for line in try Repository.text("docs/troubleshooting.md").split(separator: "\n") {
      if line.hasPrefix("## ") { groups.append((String(line.dropFirst(3)), [])) }
      guard line.hasPrefix("### "), !groups.isEmpty else { continue }
      groups[groups.count - 1].codes += line.matches(of: /`([A-Za-z]+)`/).map { String($0.1) }
    }
    return groups
  }

  private static func sections() throws -> [String] { try groups().flatMap(\.codes) }

  @Test func `every code and reason has its section, and no section is stale`() throws {
    let (code, sections) = (try Self.code(), try Self.sections())
    #expect(Set(sections).count == sections.count, "a word has two sections")
    #expect(code.subtracting(Self.others).subtracting(sections).sorted() == [], "without a section")
    #expect(Set(sections).subtracting(code).sorted() == [], "stale")
    #expect(Self.others.subtracting(code).sorted() == [], "words that the code has no longer")
    #expect(sections.count > 90)
  }

  @Test func `the index names every group and its codes in their order, with links`() throws {
    let text = try Repository.text("docs/troubleshooting.md")
    let entries = try #require(text.split(separator: "\n## ").first).split(separator: "\n- ").dropFirst().map
    { entry in
      entry.matches(of: /\[([^\]]+)\]\(#([a-z0-9-]+)\)/).map { "\($0.1) #\($0.2)" }
    }
    let groups = try Self.groups().map { group in
      ["\(group.title) #\(Self.anchor(group.title[...]))"] + group.codes.map { "`\($0)` #\($0.lowercased())" }
    }
    #expect(entries == groups)
    let anchors = Self.anchors(text)
    #expect(Set(anchors).count == anchors.count, "an anchor is there twice")
  }

  @Test func `the program links to every section but those that say that all is well`() throws {
    let groups = try Self.groups()
    let others = try #require(groups.last)
    #expect(others.title == "All is well")
    #expect(Troubleshooting.codes == Set(groups.dropLast().flatMap(\.codes)))
    #expect(Troubleshooting.section("RightsMissing") == "docs/troubleshooting.md#rightsmissing")
    #expect(others.codes.compactMap(Troubleshooting.section) == [])
    #expect(Troubleshooting.section("MissingEndpoints") == nil, "the aggregator's own reason")
    // One repository, wherever it is named.
    #expect(try Repository.text("README.md").contains("\"\(Troubleshooting.repository).git\""))
  }

  @Test func `of several codes each is named once, in their order`() {
    let lines = Troubleshooting.lines(["TokenMissing", "Passed", "CAAbsent", "TokenMissing"])
    #expect(
      lines.map { $0.text(usesColor: false) } == [
        "See docs/troubleshooting.md#tokenmissing", "See docs/troubleshooting.md#caabsent",
      ])
    #expect(Troubleshooting.lines([]).isEmpty)
  }

  @Test func `documents link to files and sections that are there`() throws {
    for name in try Repository.documents() {
      let folder = name.hasPrefix("docs/") ? "docs/" : ""
      for match in try Repository.text(name).matches(of: /\]\(([^)#:]*\.md)?(?:#([a-z0-9-]+))?\)/) {
        let path = match.1.map { folder + $0 } ?? name
        let text = try Repository.text(path.replacingOccurrences(of: "docs/../", with: ""))
        guard let anchor = match.2 else { continue }
        #expect(Self.anchors(text).contains(String(anchor)), "\(name): \(path)#\(anchor)")
      }
    }
  }

  /// The anchors of a document: those of its headings, and those that it names itself.
  private static func anchors(_ text: String) -> [String] {
    text.split(separator: "\n").filter { $0.hasPrefix("#") }.map(anchor)
      + text.matches(of: /<a id="([a-z0-9-]+)">/).map { String($0.1) }
  }

  /// A heading's anchor, as GitHub makes it.
  private static func anchor(_ heading: Substring) -> String {
    let text = heading.drop { $0 == "#" || $0 == " " }.lowercased()
    let kept = text.filter { $0.isLetter || $0.isNumber || " -_".contains($0) }
    return kept.replacingOccurrences(of: " ", with: "-")
  }
}
