/// A set of Unicode scalars: the character class of a regular expression.
struct ScalarSet: Sendable, Hashable {
  /// Scalars by their general category.
  struct Categories: Sendable, Hashable {
    var categories: Set<Unicode.GeneralCategory>
    var isNegated: Bool

    func contains(_ scalar: Unicode.Scalar) -> Bool {
      categories.contains(scalar.properties.generalCategory) != isNegated
    }
  }

  private(set) var ranges: [ClosedRange<UInt32>] = []
  private var categories: [Categories] = []
  var isNegated = false

  static let highest: UInt32 = 0x10FFFF
  static let digit = ScalarSet(0x30...0x39)
  static let space = ScalarSet(0x09...0x0A, 0x0C...0x0D, 0x20...0x20)
  static let word = ScalarSet(0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A)
  /// The set of `.`: all but the end of a line.
  static let line = ScalarSet(0...0x09, 0x0B...highest)
  static let all = ScalarSet(0...highest)

  /// The POSIX classes, in ASCII.
  static let posix: [String: ScalarSet] = [
    "alnum": ScalarSet(0x30...0x39, 0x41...0x5A, 0x61...0x7A), "alpha": ScalarSet(0x41...0x5A, 0x61...0x7A),
    "ascii": ScalarSet(0...0x7F), "blank": ScalarSet(0x09...0x09, 0x20...0x20),
    "cntrl": ScalarSet(0...0x1F, 0x7F...0x7F), "digit": digit, "graph": ScalarSet(0x21...0x7E),
    "lower": ScalarSet(0x61...0x7A), "print": ScalarSet(0x20...0x7E),
    "punct": ScalarSet(0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E),
    "space": ScalarSet(0x09...0x0D, 0x20...0x20), "upper": ScalarSet(0x41...0x5A), "word": word,
    "xdigit": ScalarSet(0x30...0x39, 0x41...0x46, 0x61...0x66),
  ]

  init(_ ranges: ClosedRange<UInt32>...) { self.ranges = ranges }

  init(_ scalar: Unicode.Scalar) { ranges = [scalar.value...scalar.value] }

  func contains(_ scalar: Unicode.Scalar) -> Bool {
    let value = scalar.value
    for range in ranges where range.contains(value) { return !isNegated }
    for categories in categories where categories.contains(scalar) { return !isNegated }
    return isNegated
  }

  mutating func insert(_ categories: Categories) { self.categories.append(categories) }

  /// Adds the scalars of a set that isn't negated, or all others.
  mutating func insert(_ set: ScalarSet, isNegated: Bool = false) {
    guard isNegated else {
      ranges += set.ranges
      return
    }
    var low: UInt32 = 0
    for range in set.ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if range.lowerBound > low { ranges.append(low...range.lowerBound - 1) }
      low = max(low, range.upperBound &+ 1)
    }
    if low <= ScalarSet.highest { ranges.append(low...ScalarSet.highest) }
  }

  /// The maximum number of scalars whose other case is looked up one by one.
  private static let maximumFolds = 2_048

  /// Adds the other case of every scalar; returns whether there were few enough.
  mutating func foldCase() -> Bool {
    var added: [ClosedRange<UInt32>] = []
    for range in ranges {
      if range.lowerBound == 0 && range.upperBound >= 0xFFFF { continue }
      guard range.count <= ScalarSet.maximumFolds else { return false }
      for value in range {
        guard let scalar = Unicode.Scalar(value) else { continue }
        for text in [scalar.properties.lowercaseMapping, scalar.properties.uppercaseMapping] {
          let scalars = text.unicodeScalars
          if let other = scalars.first, scalars.count == 1, other != scalar {
            added.append(other.value...other.value)
          }
        }
        switch scalar {
        // The Kelvin sign and the long s.
        case "k", "K": added.append(0x212A...0x212A)
        case "s", "S": added.append(0x17F...0x17F)
        default: break
        }
      }
    }
    ranges += added
    return true
  }

  /// The general categories of a name such as `L` or `Nd`; `nil` for other names, such as a
  /// script's.
  static func categories(named name: String) -> Set<Unicode.GeneralCategory>? { byName[name] }

  private static let byName: [String: Set<Unicode.GeneralCategory>] = {
    let names: [String: Unicode.GeneralCategory] = [
      "Lu": .uppercaseLetter, "Ll": .lowercaseLetter, "Lt": .titlecaseLetter, "Lm": .modifierLetter,
      "Lo": .otherLetter, "Mn": .nonspacingMark, "Mc": .spacingMark, "Me": .enclosingMark,
      "Nd": .decimalNumber, "Nl": .letterNumber, "No": .otherNumber, "Pc": .connectorPunctuation,
      "Pd": .dashPunctuation, "Ps": .openPunctuation, "Pe": .closePunctuation, "Pi": .initialPunctuation,
      "Pf": .finalPunctuation, "Po": .otherPunctuation, "Sm": .mathSymbol, "Sc": .currencySymbol,
      "Sk": .modifierSymbol, "So": .otherSymbol, "Zs": .spaceSeparator, "Zl": .lineSeparator,
      "Zp": .paragraphSeparator, "Cc": .control, "Cf": .format, "Cs": .surrogate, "Co": .privateUse,
    ]
    var result: [String: Set<Unicode.GeneralCategory>] = [:]
    for (name, category) in names {
      result[name] = [category]
      result[String(name.prefix(1)), default: []].insert(category)
    }
    return result
  }()
}
