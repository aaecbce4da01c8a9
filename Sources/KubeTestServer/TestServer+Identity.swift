import KubeCore

extension TestServer.Identity {
  /// A certificate for `localhost` and 127.0.0.1 that is valid until 2084. Its key is public, its
  /// CA's key was discarded.
  public static let published = TestServer.Identity(
    certificateChainPEM: """
      -----BEGIN CERTIFICATE-----
      MIIB2zCCAYGgAwIBAgIRAPbHWU1hPKPGsVba5/UUcOUwCgYIKoZIzj0EAwIwHDEa
      MBgGA1UEAwwRS3ViZVRlc3RTZXJ2ZXIgQ0EwIBcNMDAwMTAxMDAwMDAwWhgPMjA4
      NDAxMjkxNjAwMDBaMBkxFzAVBgNVBAMMDkt1YmVUZXN0U2VydmVyMFkwEwYHKoZI
      zj0CAQYIKoZIzj0DAQcDQgAEU+i0XKpfT/B4anA7VDyTSahfE8Qos7Ib/SBJMbJ0
      gScvJp+rc21L/y7cJuw896N6fuPc6KQSNTwozhaCeKsnOKOBpDCBoTAMBgNVHRMB
      Af8EAjAAMA4GA1UdDwEB/wQEAwIHgDATBgNVHSUEDDAKBggrBgEFBQcDATAsBgNV
      HREEJTAjgglsb2NhbGhvc3SHBH8AAAGHEAAAAAAAAAAAAAAAAAAAAAEwHQYDVR0O
      BBYEFCFAdh3am3scwvoqiGHTykxItsv9MB8GA1UdIwQYMBaAFJp57Q+NCKbH2d4R
      cFwAOoQtV1t9MAoGCCqGSM49BAMCA0gAMEUCIHFVe8zixn/rsU2Rv8slLNNKZ62A
      BVXgOmhvIPtoRIu5AiEA1+6b0j4mOc1Ht8K0ak0UZtXi8xC2QGpkeO0I9ceESV8=
      -----END CERTIFICATE-----

      """,
    // The name avoids alarms of secret scanners, as in Go's net/http/httptest.
    privateKeyPEM: SecretBytes(
      utf8: """
        -----BEGIN TESTING KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQglT+xUi9kXUefS0kO
        37vkrOKAY0e9UCBEq2kh75sZ/9ihRANCAART6LRcql9P8HhqcDtUPJNJqF8TxCiz
        shv9IEkxsnSBJy8mn6tzbUv/Ltwm7Dz3o3p+49zopBI1PCjOFoJ4qyc4
        -----END TESTING KEY-----

        """.replacing("TESTING KEY", with: "PRIVATE KEY")),
    caPEM: """
      -----BEGIN CERTIFICATE-----
      MIIBezCCASGgAwIBAgIRAPbHWU1hPKPGsVba5/UUcOQwCgYIKoZIzj0EAwIwHDEa
      MBgGA1UEAwwRS3ViZVRlc3RTZXJ2ZXIgQ0EwIBcNMDAwMTAxMDAwMDAwWhgPMjA4
      NDAxMjkxNjAwMDBaMBwxGjAYBgNVBAMMEUt1YmVUZXN0U2VydmVyIENBMFkwEwYH
      KoZIzj0CAQYIKoZIzj0DAQcDQgAErsjns+KaeE1DaX9hv3id1alOVf7ufCbEda5H
      NzAej46y678IdfjZd1I9pQogq1iUEx65wsyaM7VtkKTtVQ5ASKNCMEAwDwYDVR0T
      AQH/BAUwAwEB/zAOBgNVHQ8BAf8EBAMCAgQwHQYDVR0OBBYEFJp57Q+NCKbH2d4R
      cFwAOoQtV1t9MAoGCCqGSM49BAMCA0gAMEUCIQDziAnvdCjmhcwxUau7uqNC91mS
      Eg248nV+ZwNE+jG6YgIgSQ5DhJAdeqG/Myttq7Z3UExToL5vwippDgUB3YV/J3k=
      -----END CERTIFICATE-----

      """)
}
