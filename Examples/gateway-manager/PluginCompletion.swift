import ArgumentParser
import GatewayAPI
import KubeConfig
import KubeCore
import KubeTransport

/// Completions of `kubectl gateway …` for kubectl's plugin protocol: one candidate a line, each
/// with its description, and at last a colon with the shell's directive (cobra's
/// `ShellCompDirective`).
struct PluginCompletion {
  private enum Directive: String {
    /// Files are completed too.
    case files = ":0"
    /// Nothing else is completed.
    case nothing = ":4"
  }

  private let words: [String]
  private let command: Command

  /// Completions of the last of `words`, which may be empty.
  init(_ words: some Collection<String>) {
    self.words = Array(words)
    command = (try? Command(JSONParser().parse(GatewayManagerCommand._dumpHelp())["command"])) ?? Command()
  }

  var answer: String {
    get async {
      let (candidates, directive) = await self.candidates
      let last = assignment?.value ?? words.last ?? ""
      let lines = candidates.filter { $0.word.hasPrefix(last) }.map { candidate in
        candidate.help.isEmpty ? candidate.word : "\(candidate.word)\t\(candidate.help)"
      }
      return (lines + [directive.rawValue]).joined(separator: "\n") + "\n"
    }
  }

  private typealias Candidate = (word: String, help: String)

  private var candidates: (words: [Candidate], Directive) {
    get async {
      var command = self.command
      for word in words.dropLast() {
        if let next = command.subcommands.first(where: { $0.name == word }) { command = next }
      }
      let last = words.last ?? ""
      let previous = assignment?.option ?? words.dropLast().last ?? ""
      if let option = command.options.first(where: { $0.takesValue && $0.names.contains(previous) }) {
        if option.names.contains("--context") { return (contexts.map { ($0, "") }, .nothing) }
        return (option.values.map { ($0, "") }, option.values.isEmpty ? .files : .nothing)
      }
      if last.hasPrefix("-") {
        let options: [Candidate] = command.options.flatMap { option in
          option.names.filter { $0.hasPrefix("--") }.map { ($0, option.help) }
        }
        return (options, .nothing)
      }
      if !command.subcommands.isEmpty {
        return (command.subcommands.map { ($0.name, $0.help) }, .nothing)
      }
      guard command.takesClusters else { return ([], .nothing) }
      return (await clusters.filter { !words.dropLast().contains($0) }.map { ($0, "") }, .nothing)
    }
  }

  /// The option and the beginning of its value where both are in the last word: `--output=j`. The
  /// shell expects the value alone.
  private var assignment: (option: String, value: String)? {
    words.last.flatMap(PluginCompletion.assignment)
  }

  private static func assignment(_ word: String) -> (option: String, value: String)? {
    guard word.hasPrefix("-"), let sign = word.firstIndex(of: "=") else { return nil }
    return (String(word[..<sign]), String(word[word.index(after: sign)...]))
  }

  private func value(of option: String) -> String? {
    for (index, word) in words.dropLast().enumerated() {
      if word == option { return words[index + 1] }
      if let assignment = PluginCompletion.assignment(word), assignment.option == option {
        return assignment.value
      }
    }
    return nil
  }

  /// The contexts of the kubeconfig.
  private var contexts: [String] {
    do {
      let kubeconfig =
        if let path = value(of: "--kubeconfig") { try Kubeconfig.load(path: path) } else {
          try Kubeconfig.load()
        }
      return kubeconfig.contexts.keys.sorted()
    } catch {
      return []
    }
  }

  /// The managed clusters of the hub; none if it doesn't answer at once.
  private var clusters: [String] {
    get async {
      var options = ConnectionOptions()
      (options.kubeconfig, options.context) = (value(of: "--kubeconfig"), value(of: "--context"))
      let connection = options
      let names = Task { () -> [String] in
        try await HubConnection.open(connection) { client, _ in
          try await client.list(ResourceSelection(ManagedCluster.type, isMetadataOnly: true)).items
            .map(\.metadata.name)
        }
      }
      let limit = Task {
        try? await Task.sleep(for: .seconds(2))
        names.cancel()
      }
      defer { limit.cancel() }
      return (try? await names.value) ?? []
    }
  }
}

extension PluginCompletion {
  /// A command as described by the parser.
  fileprivate struct Command {
    struct Option {
      var names: [String]
      var help: String
      var takesValue: Bool
      var values: [String]
    }

    var name = ""
    var help = ""
    var subcommands: [Command] = []
    var options: [Option] = []
    /// Whether its positional arguments are clusters.
    var takesClusters = false

    init() {}

    init(_ json: JSONValue?) {
      name = json?["commandName"]?.string ?? ""
      help = json?["abstract"]?.string ?? ""
      subcommands = (json?["subcommands"]?.array ?? []).map { Command($0) }.filter { $0.name != "help" }
      for argument in json?["arguments"]?.array ?? [] where argument["shouldDisplay"] != false {
        let kind = argument["kind"]?.string
        guard kind != "positional" else {
          takesClusters = takesClusters || argument["valueName"]?.string?.hasPrefix("cluster") ?? false
          continue
        }
        options.append(
          Option(
            names: (argument["names"]?.array ?? []).map { name in
              (name["kind"] == "long" ? "--" : "-") + (name["name"]?.string ?? "")
            }, help: argument["abstract"]?.string ?? "", takesValue: kind == "option",
            values: (argument["allValues"]?.array ?? argument["allValueStrings"]?.array ?? []).compactMap(
              \.string)))
      }
    }
  }
}
