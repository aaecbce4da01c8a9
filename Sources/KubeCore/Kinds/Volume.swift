/// Files that containers can mount (API reference Volume v1; the sources that are used here).
public struct Volume: JSONConvertible {
  /// The volume's name.
  public var name: String
  /// The files are the entries of a Secret.
  public var secret: SecretVolumeSource?
  /// The files are the entries of a ConfigMap.
  public var configMap: ConfigMapVolumeSource?
  /// An empty directory that lives as long as the pod.
  public var emptyDir: JSONValue?
  /// Several sources in one directory.
  public var projected: JSONValue?

  /// A value of the given fields.
  public init(
    name: String, secret: SecretVolumeSource? = nil, configMap: ConfigMapVolumeSource? = nil,
    emptyDir: JSONValue? = nil, projected: JSONValue? = nil
  ) {
    self.name = name
    self.secret = secret
    self.configMap = configMap
    self.emptyDir = emptyDir
    self.projected = projected
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    name = try reader["name"].string()
    secret = try reader["secret"].optional()
    configMap = try reader["configMap"].optional()
    emptyDir = try reader["emptyDir"].optional()
    projected = try reader["projected"].optional()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "name": .string(name),
      "secret": secret?.json,
      "configMap": configMap?.json,
      "emptyDir": emptyDir?.json,
      "projected": projected?.json,
    ])
  }
}

/// The entries of a Secret as files.
public struct SecretVolumeSource: JSONConvertible {
  /// The Secret's name.
  public var secretName: String?
  /// Which entries, and under what names; all when empty.
  public var items: [KeyToPath]
  /// The files' permission bits; the server's default is 420 (0644).
  public var defaultMode: Int32?
  /// Whether the Secret may be missing.
  public var optional: Bool?

  /// A value of the given fields.
  public init(
    secretName: String? = nil, items: [KeyToPath] = [], defaultMode: Int32? = nil, optional: Bool? = nil
  ) {
    self.secretName = secretName
    self.items = items
    self.defaultMode = defaultMode
    self.optional = optional
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    secretName = try reader["secretName"].optional()
    items = try reader["items"].list()
    defaultMode = try reader["defaultMode"].optional()
    optional = try reader["optional"].optional()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "secretName": secretName?.json,
      "items": items.jsonUnlessEmpty,
      "defaultMode": defaultMode?.json,
      "optional": optional?.json,
    ])
  }
}

/// The entries of a ConfigMap as files.
public struct ConfigMapVolumeSource: JSONConvertible {
  /// The ConfigMap's name.
  public var name: String
  /// Which entries, and under what names; all when empty.
  public var items: [KeyToPath]
  /// The files' permission bits; the server's default is 420 (0644).
  public var defaultMode: Int32?
  /// Whether the ConfigMap may be missing.
  public var optional: Bool?

  /// A value of the given fields.
  public init(
    name: String, items: [KeyToPath] = [], defaultMode: Int32? = nil, optional: Bool? = nil
  ) {
    self.name = name
    self.items = items
    self.defaultMode = defaultMode
    self.optional = optional
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    name = try reader["name"].string()
    items = try reader["items"].list()
    defaultMode = try reader["defaultMode"].optional()
    optional = try reader["optional"].optional()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "name": .string(name),
      "items": items.jsonUnlessEmpty,
      "defaultMode": defaultMode?.json,
      "optional": optional?.json,
    ])
  }
}

/// An entry and the file that it becomes.
public struct KeyToPath: JSONConvertible {
  /// The entry's key.
  public var key: String
  /// The file's path in the volume.
  public var path: String
  /// The file's permission bits.
  public var mode: Int32?

  /// A value of the given fields.
  public init(
    key: String, path: String, mode: Int32? = nil
  ) {
    self.key = key
    self.path = path
    self.mode = mode
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    key = try reader["key"].string()
    path = try reader["path"].string()
    mode = try reader["mode"].optional()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "key": .string(key),
      "path": .string(path),
      "mode": mode?.json,
    ])
  }
}

/// Where a volume appears in a container.
public struct VolumeMount: JSONConvertible {
  /// The volume's name.
  public var name: String
  /// The directory in the container.
  public var mountPath: String
  /// Whether writing is refused.
  public var readOnly: Bool?
  /// A path inside the volume, in place of its root.
  public var subPath: String?

  /// A value of the given fields.
  public init(
    name: String, mountPath: String, readOnly: Bool? = nil, subPath: String? = nil
  ) {
    self.name = name
    self.mountPath = mountPath
    self.readOnly = readOnly
    self.subPath = subPath
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    name = try reader["name"].string()
    mountPath = try reader["mountPath"].string()
    readOnly = try reader["readOnly"].optional()
    subPath = try reader["subPath"].optional()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "name": .string(name),
      "mountPath": .string(mountPath),
      "readOnly": readOnly?.json,
      "subPath": subPath?.json,
    ])
  }
}
