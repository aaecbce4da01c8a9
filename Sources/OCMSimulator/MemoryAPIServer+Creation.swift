import KubeCore
import KubeMemory
import KubeTesting
import KubeTransport

extension MemoryAPIServer {
  /// Creates an object, with its status if the kind has one.
  mutating func create(_ key: ObjectKey, _ object: JSONValue, by manager: String, at time: Date)
    throws(RequestRefused)
  {
    let options = WriteOptions(fieldManager: manager)
    try require(.create(key, object, options: options), at: time)
    guard let status = object["status"], !status.isNull else { return }
    try require(.mergePatch(key, ["status": status], subresource: "status", options: options), at: time)
  }

  /// Creates an object of a known kind, with its status.
  mutating func create<Kind: KubeObject>(_ object: Kind, by manager: String, at time: Date)
    throws(RequestRefused)
  {
    try create(object.key, object.json, by: manager, at: time)
  }
}
