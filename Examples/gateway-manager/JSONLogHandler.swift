import GatewayDemo
import KubeCore
import Logging

/// Writes a log as JSON, one object per line, with the keys of controller-runtime's production log:
/// `level`, `ts`, `logger`, `msg`, and the metadata beside them.
struct JSONLogHandler: LogHandler {
  var metadata: Logger.Metadata = [:]
  var logLevel: Logger.Level = .info
  private let label: String
  private let write: @Sendable (String) -> Void

  init(label: String, write: @escaping @Sendable (String) -> Void = { StandardStreams.error($0) }) {
    self.label = label
    self.write = write
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    write(Self.line(of: event, label: label, metadata: metadata, at: Date()))
  }

  /// The line of an event. A metadata key that equals one of the other keys gets an underscore
  /// before it.
  static func line(of event: LogEvent, label: String, metadata: Logger.Metadata, at time: Date) -> String {
    var object: JSONObject = [
      "level": .string(event.level.rawValue), "ts": .string(Timestamp(time).microseconds),
      "logger": .string(label),
      "msg": .string(event.message.description),
    ]
    let reserved = Set(object.keys)
    for (key, value) in metadata.merging(event.metadata ?? [:], uniquingKeysWith: { $1 }) {
      object[reserved.contains(key) ? "_" + key : key] = json(value)
    }
    return JSONValue.object(object).description
  }

  private static func json(_ value: Logger.Metadata.Value) -> JSONValue {
    switch value {
    case .string(let text): .string(text)
    case .stringConvertible(let value): .string(value.description)
    case .array(let values): .array(values.map { json($0) })
    case .dictionary(let values): .object(JSONObject(values.map { ($0.key, json($0.value)) }))
    }
  }
}

/// The format of the log.
enum LogFormat: String, CaseIterable {
  case text, json
}
