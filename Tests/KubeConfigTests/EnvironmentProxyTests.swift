import KubeConfig
import KubeCore
import Testing

/// The rules of Go's `httpproxy`, and so of kubectl.
@Suite struct EnvironmentProxyTests {
  func proxy(
    to server: String, cluster: String = "", _ variables: [String: String]
  ) throws -> String? {
    let yaml = KubeconfigShapes.config(cluster: "server: \(server)\n\(cluster)", user: "{}")
    return try Kubeconfig(Array(yaml.utf8), file: "f").clientConfiguration(
      environment: HostEnvironment(variables: variables)
    ).proxy?.description
  }

  @Test(
    arguments: [
      ("https://h:6443", ["HTTPS_PROXY": "http://p:3128"], "http://p:3128"),
      ("https://h:6443", ["https_proxy": "http://p:3128"], "http://p:3128"),
      ("https://h:6443", ["HTTPS_PROXY": "socks5://p", "https_proxy": "http://q"], "socks5://p:1080"),
      ("https://h:6443", ["HTTPS_PROXY": "p:3128"], "http://p:3128"),
      ("https://h:6443", ["HTTP_PROXY": "http://p"], nil),
      ("http://h", ["HTTP_PROXY": "http://p"], "http://p:80"),
      ("http://h", ["HTTPS_PROXY": "http://p"], nil), ("https://h", ["ALL_PROXY": "http://p"], nil),
      ("https://h", ["HTTPS_PROXY": ""], nil), ("https://localhost:6443", ["HTTPS_PROXY": "http://p"], nil),
      ("https://127.0.0.1:6443", ["HTTPS_PROXY": "http://p"], nil),
      ("https://[::1]", ["HTTPS_PROXY": "http://p"], nil),
    ] as [(String, [String: String], String?)])
  func `a proxy is found by the server's scheme`(
    server: String, variables: [String: String], expected: String?
  ) throws {
    #expect(try proxy(to: server, variables) == expected)
  }

  @Test(arguments: [
    ("*", "h.example.com", true), ("example.com", "h.example.com", true),
    ("example.com", "example.com", true),
    ("ample.com", "example.com", false), (".example.com", "h.example.com", true),
    (".example.com", "example.com", false), ("*.example.com", "h.example.com", true),
    ("EXAMPLE.com", "h.example.com", true), (" example.com ,x", "h.example.com", true),
    ("example.com:6443", "h.example.com:6443", true), ("example.com:443", "h.example.com:6443", false),
    ("10.1.2.3", "10.1.2.3", true), ("10.1.2.3:6443", "10.1.2.3:6443", true),
    ("10.1.2.3:1", "10.1.2.3", false),
    ("10.0.0.0/8", "10.1.2.3", true), ("10.0.0.0/9", "10.200.2.3", false), ("0.0.0.0/0", "h", false),
    ("fd00::/8", "[fd12::1]", true), ("fd00::/8", "10.1.2.3", false), ("[fd12::1]:443", "[fd12::1]", true),
    ("fd12::1", "[fd12:0::1]", true), ("10.0.0.0/99", "10.1.2.3", false), (":443", "h", false),
    (",,", "h", false),
    ("h2", "h", false),
  ])
  func `NO_PROXY exempts names, addresses and ranges`(entry: String, host: String, isExempt: Bool) throws {
    let variables = ["HTTPS_PROXY": "http://p", "NO_PROXY": entry]
    #expect((try proxy(to: "\"https://\(host)\"", variables) == nil) == isExempt)
    let lowercased = ["HTTPS_PROXY": "http://p", "no_proxy": entry]
    #expect((try proxy(to: "\"https://\(host)\"", lowercased) == nil) == isExempt)
  }

  @Test func `the cluster's own proxy wins`() throws {
    let found = try proxy(
      to: "https://h", cluster: "proxy-url: http://own:1", ["HTTPS_PROXY": "http://p", "NO_PROXY": "*"])
    #expect(found == "http://own:1")
  }

  @Test func `a variable that holds no address is an error that names it and hides its password`() throws {
    let error = configurationError {
      _ = try proxy(to: "https://h", ["HTTPS_PROXY": "ftp://user:hunter2@p"])
    }
    let text = try #require(error).description
    #expect(text.contains("the environment variable HTTPS_PROXY names no proxy"), "\(text)")
    #expect(!text.contains("hunter2"))
  }
}
