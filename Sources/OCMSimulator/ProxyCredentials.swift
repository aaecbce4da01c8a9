public import KubeCore

extension OCMHub {
  /// The content of cluster-proxy's Secrets.
  public struct ProxyCredentials: Sendable {
    /// The data of `proxy-client`.
    public var client: [String: SecretBytes]
    /// The data of `proxy-server-ca`.
    public var ca: [String: SecretBytes]

    /// Creates credentials.
    public init(client: [String: SecretBytes], ca: [String: SecretBytes]) {
      self.client = client
      self.ca = ca
    }
  }
}

extension OCMHub.ProxyCredentials {
  /// A client certificate and the CA that signed it, valid from 2020 to 2119; the key is public.
  public static var example: OCMHub.ProxyCredentials {
    OCMHub.ProxyCredentials(
      client: ["tls.crt": SecretBytes(utf8: certificate), "tls.key": SecretBytes(utf8: key)],
      ca: ["ca.crt": SecretBytes(utf8: ca)])
  }

  private static let ca = """
    -----BEGIN CERTIFICATE-----
    MIIBeTCCAR+gAwIBAgIUOs1YkkN1B16y5/hLwE3z0fTKjkowCgYIKoZIzj0EAwIw
    GDEWMBQGA1UEAwwNY2x1c3Rlci1wcm94eTAgFw0yMDAxMDEwMDAwMDBaGA8yMTIw
    MDEwMTAwMDAwMFowGDEWMBQGA1UEAwwNY2x1c3Rlci1wcm94eTBZMBMGByqGSM49
    AgEGCCqGSM49AwEHA0IABFUylhKZzEnWYM33X5sm6LKNAFXON54VoX/DMZHAJ0BN
    Wd0AzZZOVpJs33T6Ee4Vsn9+i4mwhtVC8UHOIQN0X1WjRTBDMBIGA1UdEwEB/wQI
    MAYBAf8CAQAwDgYDVR0PAQH/BAQDAgIEMB0GA1UdDgQWBBRx6GTnAsPo+c2Eoeiv
    mZc5a56dvzAKBggqhkjOPQQDAgNIADBFAiA751wr6BZ7ckPYYvBnb2qt1DsaTp4Y
    YTCUB6Mm7QDkZAIhANz9dMk1feO7OgEC0clHyd+LIAKLrLjAVa5brzv+EsRo
    -----END CERTIFICATE-----

    """

  private static let certificate = """
    -----BEGIN CERTIFICATE-----
    MIIBejCCASGgAwIBAgIUEa6nSAcR/rmaYuRFFx43dQlpfUowCgYIKoZIzj0EAwIw
    GDEWMBQGA1UEAwwNY2x1c3Rlci1wcm94eTAgFw0yMDAxMDEwMDAwMDBaGA8yMTIw
    MDEwMTAwMDAwMFowFzEVMBMGA1UEAwwMcHJveHktY2xpZW50MFkwEwYHKoZIzj0C
    AQYIKoZIzj0DAQcDQgAEu2UeWwT/Fj3ZsPaoI4uV+1/TzgBTfAwWJ0fcLBiXHDs5
    n4qgYa6n3iirt53plgpjRjpsX5DfTLLw+Fm7e7HNmaNIMEYwDgYDVR0PAQH/BAQD
    AgeAMBMGA1UdJQQMMAoGCCsGAQUFBwMCMB8GA1UdIwQYMBaAFHHoZOcCw+j5zYSh
    6K+Zlzlrnp2/MAoGCCqGSM49BAMCA0cAMEQCIHATT6ADvPGF7yEFL5yIsK3fQei/
    JCMOaSb2JpkOgm2HAiAg69k2Zf3No23clOaaRdlYKFzLxcyuT7Sl7P9pdIDuVg==
    -----END CERTIFICATE-----

    """

  private static let key = """
    -----BEGIN PRIVATE KEY-----
    MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgK556nzFAPX/HI4w6
    HrPaqQbXxby9zE8lZfndZsX+KLShRANCAAS7ZR5bBP8WPdmw9qgji5X7X9POAFN8
    DBYnR9wsGJccOzmfiqBhrqfeKKu3nemWCmNGOmxfkN9MsvD4Wbt7sc2Z
    -----END PRIVATE KEY-----

    """
}
