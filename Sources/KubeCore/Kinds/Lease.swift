public import struct Foundation.Date

/// A lock that must be renewed (API reference Lease v1).
public struct Lease: KubeObject {
  /// How the API serves this kind.
  public static let type = ResourceType(
    group: "coordination.k8s.io", version: "v1", kind: "Lease", plural: "leases", isNamespaced: true)

  /// The object's metadata.
  public var metadata: ObjectMeta
  /// Who holds it, and since when.
  public var spec: LeaseSpec

  /// A value of the given fields.
  public init(
    metadata: ObjectMeta, spec: LeaseSpec = LeaseSpec()
  ) {
    self.metadata = metadata
    self.spec = spec
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    metadata = try reader["metadata"].required()
    spec = try reader["spec"].optional() ?? LeaseSpec()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    document([
      "spec": spec.json
    ])
  }
}

/// Who holds a lease, and since when (API reference LeaseSpec v1).
public struct LeaseSpec: JSONConvertible {
  /// The holder; absent or empty when nobody holds it.
  public var holderIdentity: String?
  /// How long others must wait after the last renewal before they may take it.
  public var leaseDurationSeconds: Int32?
  /// When the holder took it; microseconds.
  public var acquireTime: Date?
  /// When the holder last renewed it; microseconds.
  public var renewTime: Date?
  /// How often it went from one holder to another.
  public var leaseTransitions: Int32?

  /// A value of the given fields.
  public init(
    holderIdentity: String? = nil, leaseDurationSeconds: Int32? = nil, acquireTime: Date? = nil,
    renewTime: Date? = nil, leaseTransitions: Int32? = nil
  ) {
    self.holderIdentity = holderIdentity
    self.leaseDurationSeconds = leaseDurationSeconds
    self.acquireTime = acquireTime
    self.renewTime = renewTime
    self.leaseTransitions = leaseTransitions
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    holderIdentity = try reader["holderIdentity"].optional()
    leaseDurationSeconds = try reader["leaseDurationSeconds"].optional()
    acquireTime = try reader["acquireTime"].optional(Timestamp.self)?.date
    renewTime = try reader["renewTime"].optional(Timestamp.self)?.date
    leaseTransitions = try reader["leaseTransitions"].optional()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "holderIdentity": holderIdentity?.json,
      "leaseDurationSeconds": leaseDurationSeconds?.json,
      "acquireTime": acquireTime.map { .string(Timestamp($0).microseconds) },
      "renewTime": renewTime.map { .string(Timestamp($0).microseconds) },
      "leaseTransitions": leaseTransitions?.json,
    ])
  }
}
