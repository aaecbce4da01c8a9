import GatewayAPI
import KubeCore
import KubeKindsCore

/// The token that a managed cluster's agent has reported on the hub for the gateway's identity.
///
/// A cluster's writes are untrusted input: content that could redirect the gateway prevents the
/// copy, and content that only makes the token useless causes a warning.
struct ReportedToken {
  /// The copied values: `token` and `ca.crt`.
  let data: [String: SecretBytes]
  /// The claims, if the token is a readable JSON Web Token.
  let claims: Claims?

  /// The claims of a JSON Web Token (RFC 7519 section 4.1), unverified.
  struct Claims {
    /// `sub`.
    var subject: String?
    /// `iat`.
    var issued: Date?
    /// `exp`.
    var expires: Date?
  }

  /// The reason why a Secret can't be copied.
  struct Problem: Error {
    /// The problem, for people.
    var text: String
  }

  /// The maximum size of a copied Secret, in bytes of all values together.
  static let maximumBytes = 16 << 10
  /// The share of its lifetime after which a token should have been replaced: the agent does so at
  /// 80 %.
  static let expiringShare = 0.9

  /// Parses the Secret that reports the token of `account`.
  init(_ object: DynamicObject, of account: DynamicObject) throws(Problem) {
    let metadata = object.metadata
    guard metadata.labels[OCMLabels.isManagedServiceAccount] == "true" else {
      throw Problem(text: "it lacks the label \(OCMLabels.isManagedServiceAccount)=true")
    }
    let owners = metadata.ownerReferences
    guard owners.count == 1, let owner = owners.first,
      owner.groupKind == ManagedServiceAccount.type.groupKind, owner.uid == account.metadata.uid,
      owner.name == account.metadata.name
    else { throw Problem(text: "it isn't owned by the ManagedServiceAccount alone") }
    let secret: Secret
    do { secret = try object.decode(Secret.self) } catch { throw Problem(text: "it can't be read: \(error)") }
    guard secret.type ?? "Opaque" == "Opaque" else { throw Problem(text: "its type isn't Opaque") }
    let content = secret.data
    guard let token = content["token"], !token.isEmpty, let ca = content["ca.crt"] else {
      throw Problem(text: "it has no token or no ca.crt")
    }
    guard token.count + ca.count <= ReportedToken.maximumBytes else {
      throw Problem(text: "it has more than \(ReportedToken.maximumBytes >> 10) KiB")
    }
    guard ReportedToken.isToken68(token) else {
      throw Problem(text: "its token has characters that no bearer token has (RFC 7235, token68)")
    }
    data = ["token": token, "ca.crt": ca]
    claims = Claims(token)
  }

  /// The time at which the token should have been replaced; `nil` if its lifetime isn't known.
  var expiring: Date? {
    guard let issued = claims?.issued, let expires = claims?.expires, expires > issued else { return nil }
    return issued.addingTimeInterval(expires.timeIntervalSince(issued) * ReportedToken.expiringShare)
  }

  /// Whether the bytes are a token68 (RFC 7235 section 2.1).
  private static func isToken68(_ token: SecretBytes) -> Bool {
    token.withExposedBytes { bytes in
      let end = bytes.lastIndex { $0 != UInt8(ascii: "=") }.map { $0 + 1 } ?? 0
      return end > 0
        && bytes[..<end].allSatisfy { byte in
          switch byte {
          case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"), UInt8(ascii: "+"), UInt8(ascii: "/"):
            true
          default: false
          }
        }
    }
  }
}

extension ReportedToken.Claims {
  /// Parses the claims of a token; `nil` if it isn't a JSON Web Token.
  init?(_ token: SecretBytes) {
    let payload = token.withExposedBytes { bytes -> [UInt8]? in
      let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
      return parts.count == 3 ? Base64.decodeURL(UnsafeRawBufferPointer(rebasing: parts[1])) : nil
    }
    guard let payload, let claims = try? JSONParser().parse(payload), claims.object != nil else {
      return nil
    }
    func date(_ name: String) -> Date? {
      claims[name]?.int64.map { Date(timeIntervalSince1970: Double($0)) }
    }
    self.init(subject: claims["sub"]?.string, issued: date("iat"), expires: date("exp"))
  }
}
