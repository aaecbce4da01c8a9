import Foundation
import KubeConfig
import KubeCore
import KubeTransport
import Testing

/// Kubeconfigs in the forms of common tools, each with the expected configuration.
@Suite struct KubeconfigShapes {
  struct Shape: Sendable, CustomTestStringConvertible {
    var name: String
    var yaml: String
    var check: @Sendable (ClientConfiguration) -> Bool
    var testDescription: String { name }
  }

  static let ca = base64(certificatePEM)
  static let key = base64(keyPEM)

  /// A kubeconfig of one context from the lines of its cluster and user.
  static func config(cluster: String, user: String, namespace: String? = nil) -> String {
    func indented(_ text: String) -> String {
      text.split(separator: "\n").map { "    " + $0 }.joined(separator: "\n")
    }
    return """
      apiVersion: v1
      kind: Config
      preferences: {}
      current-context: c
      clusters:
      - name: k
        cluster:
      \(indented(cluster))
      users:
      - name: u
        user:
      \(indented(user))
      contexts:
      - name: c
        context:
          cluster: k
          user: u
      \(namespace.map { "    namespace: \($0)" } ?? "")
      """
  }

  static func read(_ yaml: String) throws -> ClientConfiguration {
    try Kubeconfig(Array(yaml.utf8), file: "/home/ada/.kube/config").clientConfiguration(
      environment: HostEnvironment())
  }

  static let exec = """
    exec:
      apiVersion: client.authentication.k8s.io/v1beta1
      command: aws
      args: [--region, eu-west-1, eks, get-token, --cluster-name, prod, --output, json]
      env:
      - name: AWS_PROFILE
        value: prod
      interactiveMode: IfAvailable
      provideClusterInfo: false
    """

  static let good: [Shape] = [
    Shape(
      name: "kind",
      yaml: config(
        cluster: "certificate-authority-data: \(ca)\nserver: https://127.0.0.1:41217",
        user: "client-certificate-data: \(ca)\nclient-key-data: \(key)")
    ) {
      $0.server.description == "https://127.0.0.1:41217" && $0.identity != nil && $0.authentication == .none
        && $0.namespace == "default"
    },
    Shape(
      name: "k3s",
      yaml: config(
        cluster: "server: https://127.0.0.1:6443\ncertificate-authority-data: \(ca)",
        user: "client-certificate-data: \(ca)\nclient-key-data: \(key)", namespace: "kube-system")
    ) {
      $0.server.port == 6443 && $0.namespace == "kube-system"
    },
    Shape(
      name: "minikube with absolute files",
      yaml: config(
        cluster: "certificate-authority: /home/ada/.minikube/ca.crt\nserver: https://192.168.49.2:8443",
        user: "client-certificate: /home/ada/.minikube/client.crt\nclient-key: /home/ada/.minikube/client.key"
      )
    ) {
      $0.identity?.key.content == .file("/home/ada/.minikube/client.key")
    },
    Shape(
      name: "relative files are relative to the kubeconfig",
      yaml: config(
        cluster: "certificate-authority: pki/ca.crt\nserver: https://h", user: "tokenFile: ../token")
    ) {
      guard case .caBundle(let source) = $0.trust, case .bearer(let token) = $0.authentication else {
        return false
      }
      return source.content == .file("/home/ada/.kube/pki/ca.crt")
        && token.content == .file("/home/ada/.kube/../token")
    },
    Shape(
      name: "EKS",
      yaml: config(
        cluster: "certificate-authority-data: \(ca)\nserver: https://ABCD.gr7.eu-west-1.eks.amazonaws.com",
        user: exec)
    ) {
      guard case .exec(let plugin) = $0.authentication else { return false }
      return plugin.command == "aws" && plugin.arguments.count == 8 && plugin.apiVersion == .v1beta1
        && plugin.environment.map(\.name) == ["AWS_PROFILE"] && plugin.clusterInfo == nil
        && $0.server.host == "abcd.gr7.eu-west-1.eks.amazonaws.com" && $0.server.port == 443
    },
    Shape(
      name: "GKE",
      yaml: config(
        cluster: "certificate-authority-data: \(ca)\nserver: https://34.1.2.3",
        user: """
          exec:
            apiVersion: client.authentication.k8s.io/v1beta1
            command: gke-gcloud-auth-plugin
            installHint: Install gke-gcloud-auth-plugin
            provideClusterInfo: true
          """)
    ) {
      guard case .exec(let plugin) = $0.authentication else { return false }
      return plugin.clusterInfo != nil && plugin.installHint != nil && plugin.interactiveMode == .ifAvailable
    },
    Shape(
      name: "AKS with kubelogin, v1 and a null env",
      yaml: config(
        cluster: "server: https://aks.hcp.westeurope.azmk8s.io:443\ncertificate-authority-data: \(ca)",
        user: """
          exec:
            apiVersion: client.authentication.k8s.io/v1
            command: kubelogin
            args:
            - get-token
            env: null
            interactiveMode: Never
            provideClusterInfo: false
          """)
    ) {
      guard case .exec(let plugin) = $0.authentication else { return false }
      return plugin.apiVersion == .v1 && plugin.interactiveMode == .never
    },
    Shape(
      name: "exec with a relative path",
      yaml: config(
        cluster: "server: https://h",
        user: """
          exec: {apiVersion: client.authentication.k8s.io/v1, command: ./bin/login, interactiveMode: Never}
          """)
    ) {
      guard case .exec(let plugin) = $0.authentication else { return false }
      return plugin.command == "/home/ada/.kube/./bin/login"
    },
    Shape(
      name: "exec with the cluster's extension",
      yaml: config(
        cluster: """
          server: https://h
          extensions:
          - name: client.authentication.k8s.io/exec
            extension: {audience: abc}
          - name: other
            extension: {}
          """,
        user: """
          exec: {apiVersion: client.authentication.k8s.io/v1, command: p, interactiveMode: Never, provideClusterInfo: true}
          """)
    ) {
      guard case .exec(let plugin) = $0.authentication else { return false }
      return plugin.clusterInfo?.config == ["audience": "abc"]
    },
    Shape(
      name: "OpenShift after oc login",
      yaml: config(
        cluster: "server: https://api.ocp.example.com:6443", user: "token: sha256~0123456789abcdef",
        namespace: "my-project")
    ) {
      guard case .bearer(let source) = $0.authentication else { return false }
      return source.content == .inline(SecretBytes(utf8: "sha256~0123456789abcdef")) && $0.trust == .system
    },
    Shape(
      name: "Rancher with a base path",
      yaml: config(
        cluster: "server: \"https://rancher.example.com/k8s/clusters/c-m-abc/\"",
        user: "token: \"kubeconfig-user-x:abc\"")
    ) {
      $0.server.basePath == "/k8s/clusters/c-m-abc" && $0.server.port == 443
    },
    Shape(
      name: "insecure, said explicitly",
      yaml: config(
        cluster: "server: https://h:6443\ninsecure-skip-tls-verify: true", user: "token: t")
    ) {
      $0.trust == .insecureSkipVerification
    },
    Shape(
      name: "insecure said to be false",
      yaml: config(
        cluster: "server: https://h:6443\ninsecure-skip-tls-verify: false\ncertificate-authority-data: \(ca)",
        user: "token: t")
    ) {
      if case .caBundle = $0.trust { true } else { false }
    },
    Shape(
      name: "tls-server-name",
      yaml: config(
        cluster: "server: https://10.0.0.1:6443\ntls-server-name: kubernetes.default.svc", user: "token: t")
    ) {
      $0.serverName == "kubernetes.default.svc"
    },
    Shape(
      name: "proxy-url",
      yaml: config(
        cluster: "server: https://h\nproxy-url: http://ada:s3cret%21@proxy.example.com:3128", user: "token: t"
      )
    ) {
      $0.proxy?.host == "proxy.example.com" && $0.proxy?.port == 3128 && $0.proxy?.user == "ada"
        && $0.proxy?.password == SecretBytes(utf8: "s3cret!")
        && $0.proxy?.description == "http://proxy.example.com:3128"
    },
    Shape(
      name: "socks5 proxy",
      yaml: config(
        cluster: "server: https://h\nproxy-url: socks5://localhost", user: "token: t")
    ) {
      $0.proxy?.scheme == .socks5 && $0.proxy?.port == 1080
    },
    Shape(
      name: "impersonation",
      yaml: config(
        cluster: "server: https://h",
        user: """
          token: t
          as: jane
          as-uid: "42"
          as-groups: [developers, "system:masters"]
          as-user-extra:
            example.com/scopes: [view, edit]
          """)
    ) {
      $0.impersonation?.headers.map { "\($0.name)=\($0.value)" } == [
        "Impersonate-User=jane", "Impersonate-Uid=42", "Impersonate-Group=developers",
        "Impersonate-Group=system:masters",
        "Impersonate-Extra-example.com%2Fscopes=view", "Impersonate-Extra-example.com%2Fscopes=edit",
      ]
    },
    Shape(
      name: "basic authentication",
      yaml: config(
        cluster: "server: https://h", user: "username: admin\npassword: \"1234\"")
    ) {
      $0.authentication == .basic(user: "admin", password: SecretBytes(utf8: "1234"))
    },
    Shape(
      name: "tokenFile wins over token",
      yaml: config(
        cluster: "server: https://h", user: "token: old\ntokenFile: /run/token")
    ) {
      guard case .bearer(let source) = $0.authentication else { return false }
      return source.content == .file("/run/token")
    },
    Shape(name: "token wins over exec", yaml: config(cluster: "server: https://h", user: "token: t\n" + exec))
    {
      if case .bearer = $0.authentication { true } else { false }
    },
    Shape(
      name: "data wins over a file",
      yaml: config(
        cluster: "server: https://h\ncertificate-authority: nowhere.crt\ncertificate-authority-data: \(ca)",
        user: "token: t")
    ) {
      guard case .caBundle(let source) = $0.trust else { return false }
      return source.content == .inline(SecretBytes(utf8: certificatePEM))
    },
    Shape(
      name: "a server without scheme, as kubectl proxy prints it",
      yaml: config(cluster: "server: \"192.168.1.135:8001\"", user: "{}")
    ) { $0.server.description == "http://192.168.1.135:8001" },
    Shape(name: "a name alone", yaml: config(cluster: "server: localhost", user: "{}")) {
      $0.server.description == "http://localhost"
    },
    Shape(
      name: "an IPv6 address without scheme", yaml: config(cluster: "server: \"[::1]:8001\"", user: "{}")
    ) { $0.server.description == "http://[::1]:8001" },
    Shape(
      name: "a server without scheme, with an authority",
      yaml: config(cluster: "server: h:6443\ncertificate-authority-data: \(ca)", user: "token: t")
    ) { $0.server.description == "https://h:6443" },
    Shape(
      name: "a server without scheme, not verified",
      yaml: config(cluster: "server: h:6443\ninsecure-skip-tls-verify: true", user: "{}")
    ) { $0.server.description == "https://h:6443" },
    Shape(
      name: "a server without scheme, with a client certificate",
      yaml: config(
        cluster: "server: h:6443", user: "client-certificate-data: \(ca)\nclient-key-data: \(key)")
    ) { $0.server.description == "https://h:6443" },
    Shape(
      name: "data tagged as binary, wrapped",
      yaml: config(
        cluster:
          "server: https://h\ncertificate-authority-data: !!binary |\n  \(base64(ca.prefix(20) + "\n" + ca.dropFirst(20)))",
        user: "{}")
    ) {
      guard case .caBundle(let source) = $0.trust else { return false }
      return source.content == .inline(SecretBytes(utf8: certificatePEM))
    },
    Shape(name: "no credentials at all", yaml: config(cluster: "server: https://h", user: "{}")) {
      $0.authentication == .none && $0.identity == nil
    },
    Shape(
      name: "kubectl proxy without TLS on this machine",
      yaml: config(
        cluster: "server: http://localhost:8001", user: "{}")
    ) { $0.server.scheme == .http && $0.server.port == 8001 },
    Shape(
      name: "a token without TLS to this machine",
      yaml: config(
        cluster: "server: http://127.0.0.1:8001", user: "token: t")
    ) { $0.server.isLoopback },
    Shape(name: "IPv6", yaml: config(cluster: "server: \"https://[fd00::1]:6443\"", user: "token: t")) {
      $0.server.host == "fd00::1" && $0.server.description == "https://[fd00::1]:6443"
    },
    Shape(
      name: "JSON, as some tools write it",
      yaml: """
        {"clusters":[{"name":"k","cluster":{"server":"https://h:1"}}],"contexts":[{"name":"c","context":{"cluster":"k","user":""}}],"current-context":"c"}
        """
    ) { $0.server.port == 1 },
    Shape(
      name: "unknown fields are skipped",
      yaml: config(
        cluster: "server: https://h\ndisable-compression: true\nextensions: []",
        user: "token: t\nextensions: []")
    ) {
      $0.server.host == "h"
    },
  ]

  @Test(arguments: good) func `a kubeconfig in the form of common tools is accepted`(_ shape: Shape) throws {
    let configuration = try Self.read(shape.yaml)
    #expect(shape.check(configuration), "\(configuration)")
    #expect(configuration.origin == "context \"c\" of /home/ada/.kube/config")
  }

  @Test(arguments: broken) func `an invalid kubeconfig is refused with path, problem and remedy`(
    _ shape: Broken
  ) throws {
    let error = try #require(configurationError { _ = try Self.read(shape.yaml) })
    #expect("\(error)" == "/home/ada/.kube/config: " + shape.message)
    #expect(!"\(error)".contains("S3CRET"))
  }

  @Test func `a document that isn't YAML is refused with its position`() throws {
    let error = try #require(configurationError { _ = try Self.read("clusters: [\n  - }") })
    #expect(error.code == .malformedDocument)
    #expect(error.problem.hasPrefix("line 2"))
  }

  @Test(arguments: 0..<5) func `no bytes crash the parser`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let valid = Array(Self.config(cluster: "server: https://h", user: Self.exec).utf8)
    for _ in 0..<100 {
      var bytes = valid
      for _ in 0..<Int.random(in: 1...8, using: &generator) {
        bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(
          in: 0...255, using: &generator)
      }
      _ = try? Kubeconfig(bytes, file: "f").clientConfiguration(environment: HostEnvironment())
    }
  }

  @Test func `no description contains a secret`() throws {
    let configuration = try Self.read(
      Self.config(
        cluster: "server: https://h\nproxy-url: http://a:S3CRET@p",
        user: "token: S3CRET\nclient-key-data: \(base64("S3CRET"))\nclient-certificate-data: \(Self.ca)"))
    var dumped = ""
    dump(configuration, to: &dumped)
    #expect(!dumped.contains("S3CRET") && !"\(configuration)".contains("S3CRET"))
  }
}
