import Testing

extension KubeconfigShapes {
  struct Broken: Sendable, CustomTestStringConvertible {
    var name: String
    var yaml: String
    /// The whole message, after the file's name.
    var message: String
    var testDescription: String { name }
  }

  static let cluster = "clusters[k].cluster"
  static let user = "users[u].user"

  static let broken: [Broken] = [
    Broken(
      name: "no server", yaml: config(cluster: "{}", user: "{}"),
      message: "\(cluster).server: is required; give https://HOST:PORT"),
    Broken(
      name: "no scheme and a path", yaml: config(cluster: "server: h:6443/k8s", user: "{}"),
      message: "\(cluster).server: has a path, but no scheme; write https://HOST:PORT/PATH"),
    Broken(
      name: "a token without TLS, by a server without scheme",
      yaml: config(cluster: "server: h:6443", user: "token: S3CRET"),
      message:
        "\(user).token: would be sent unencrypted to http://h:6443; use https in the cluster's server"),
    Broken(
      name: "no Base64 in a tag that says so",
      yaml: config(
        cluster: "server: https://h\ncertificate-authority-data: !!binary \(base64("<LS0t…>"))", user: "{}"),
      message:
        "\(cluster).certificate-authority-data: is not Base64; give the file's content as one Base64 text, or name the file in the field without -data"
    ),
    Broken(
      name: "an unknown provider",
      yaml: config(cluster: "server: https://h", user: "auth-provider: {name: tectonic}"),
      message:
        "\(user).auth-provider: the auth provider \"tectonic\" is not supported here; use an exec plugin, a client certificate or a token"
    ),
    Broken(
      name: "another scheme", yaml: config(cluster: "server: ftp://h", user: "{}"),
      message: "\(cluster).server: the scheme \"ftp\" is not one of http and https; write https://HOST:PORT"),
    Broken(
      name: "port out of range", yaml: config(cluster: "server: https://h:65536", user: "{}"),
      message: "\(cluster).server: has a port that is not a number from 1 to 65535; write https://HOST:PORT"),
    Broken(
      name: "no host", yaml: config(cluster: "server: https://:6443", user: "{}"),
      message: "\(cluster).server: has no host; write https://HOST:PORT"),
    Broken(
      name: "a password in the server's address",
      yaml: config(cluster: "server: https://u:S3CRET@h", user: "{}"),
      message:
        "\(cluster).server: a user or password in the address is not used; remove it and give credentials in the user's entry"
    ),
    Broken(
      name: "a query", yaml: config(cluster: "server: https://h/?a=S3CRET", user: "{}"),
      message: "\(cluster).server: has a query or fragment; remove everything from ? or # on"),
    Broken(
      name: "CA data that isn't Base64",
      yaml: config(
        cluster: "server: https://h\ncertificate-authority-data: \"S3CRET!\"", user: "{}"),
      message:
        "\(cluster).certificate-authority-data: is not Base64; give the file's content as one Base64 text, or name the file in the field without -data"
    ),
    Broken(
      name: "insecure beside a CA",
      yaml: config(
        cluster: "server: https://h\ninsecure-skip-tls-verify: true\ncertificate-authority: ca.crt",
        user: "{}"),
      message:
        "\(cluster).insecure-skip-tls-verify: contradicts the certificate authority that is given too; remove insecure-skip-tls-verify, so that the server is verified"
    ),
    Broken(
      name: "insecure as text",
      yaml: config(cluster: "server: https://h\ninsecure-skip-tls-verify: \"true\"", user: "{}"),
      message: "\(cluster).insecure-skip-tls-verify: expected a boolean, found a string"),
    Broken(
      name: "certificate without key",
      yaml: config(cluster: "server: https://h", user: "client-certificate-data: \(ca)"),
      message:
        "\(user).client-key-data: is required: a client certificate is given without its key; give client-key-data or client-key"
    ),
    Broken(
      name: "key without certificate", yaml: config(cluster: "server: https://h", user: "client-key: k"),
      message:
        "\(user).client-certificate-data: is required: a client key is given without its certificate; give client-certificate-data or client-certificate"
    ),
    Broken(
      name: "a token that is a number", yaml: config(cluster: "server: https://h", user: "token: 123456"),
      message: "\(user).token: expected a string, found a number; put it in quotes"),
    Broken(
      name: "token and password",
      yaml: config(cluster: "server: https://h", user: "token: t\nusername: a\npassword: b"),
      message:
        "\(user).username: contradicts the token that is given too; keep the token and remove username and password"
    ),
    Broken(
      name: "GKE before 2022", yaml: config(cluster: "server: https://h", user: "auth-provider: {name: gcp}"),
      message:
        "\(user).auth-provider: the auth provider \"gcp\" was removed from Kubernetes in 1.26; use the exec plugin gke-gcloud-auth-plugin: gcloud container clusters get-credentials writes it"
    ),
    Broken(
      name: "oidc auth provider",
      yaml: config(
        cluster: "server: https://h", user: "auth-provider: {name: oidc, config: {id-token: S3CRET}}"),
      message:
        "\(user).auth-provider: the auth provider \"oidc\" is not supported here; use an exec plugin such as kubectl oidc-login, or a token"
    ),
    Broken(
      name: "exec v1alpha1",
      yaml: config(
        cluster: "server: https://h",
        user: "exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: aws}"),
      message:
        "\(user).exec.apiVersion: \"client.authentication.k8s.io/v1alpha1\" is not supported; v1alpha1 was removed in Kubernetes 1.24: update the plugin's tool and have it write the kubeconfig again"
    ),
    Broken(
      name: "exec v1 without interactiveMode",
      yaml: config(
        cluster: "server: https://h", user: "exec: {apiVersion: client.authentication.k8s.io/v1, command: p}"),
      message: "\(user).exec.interactiveMode: is required in v1; give Never, IfAvailable or Always"),
    Broken(
      name: "exec that insists on a terminal",
      yaml: config(
        cluster: "server: https://h",
        user: "exec: {apiVersion: client.authentication.k8s.io/v1, command: p, interactiveMode: Always}"),
      message:
        "\(user).exec.interactiveMode: the plugin \"p\" requires a terminal (interactiveMode Always), and there is none; use a plugin that works without a terminal, a client certificate or a token"
    ),
    Broken(
      name: "exec without a command",
      yaml: config(cluster: "server: https://h", user: "exec: {apiVersion: client.authentication.k8s.io/v1}"),
      message: "\(user).exec.command: is required; name the plugin's executable"),
    Broken(
      name: "exec env without a name",
      yaml: config(cluster: "server: https://h", user: "exec: {command: p, env: [{value: S3CRET}]}"),
      message: "\(user).exec.env[0].name: is required"),
    Broken(
      name: "groups without a user", yaml: config(cluster: "server: https://h", user: "as-groups: [a]"),
      message: "\(user).as-groups: is given without a user to impersonate; give as"),
    Broken(
      name: "a token without TLS to elsewhere",
      yaml: config(cluster: "server: http://10.0.0.1:8080", user: "token: S3CRET"),
      message:
        "\(user).token: would be sent unencrypted to http://10.0.0.1:8080; use https in the cluster's server"),
    Broken(
      name: "ftp proxy", yaml: config(cluster: "server: https://h\nproxy-url: ftp://u:S3CRET@p", user: "{}"),
      message:
        "\(cluster).proxy-url: the scheme \"ftp\" is not one of http, https and socks5; write http://HOST:PORT or socks5://HOST:PORT"
    ),
    Broken(
      name: "a context that isn't there",
      yaml: "current-context: x\ncontexts: [{name: a, context: {}}, {name: b, context: {}}]",
      message: "current-context: there is no context \"x\"; name one of: a, b"),
    Broken(
      name: "no current context", yaml: "contexts: [{name: a, context: {}}]",
      message: "current-context: is not set; name one of: a"),
    Broken(
      name: "an empty file", yaml: "", message: "current-context: is not set; add a context and name it here"),
    Broken(
      name: "a context without cluster",
      yaml: "current-context: a\ncontexts: [{name: a, context: {user: u}}]",
      message: "contexts[a].context.cluster: is required; name a cluster"),
    Broken(
      name: "a cluster that isn't there",
      yaml:
        "current-context: a\nclusters: [{name: z, cluster: {}}]\ncontexts: [{name: a, context: {cluster: k}}]",
      message: "contexts[a].context.cluster: there is no cluster \"k\"; add it to clusters or name one of: z"),
    Broken(
      name: "a user that isn't there",
      yaml:
        "current-context: a\nclusters: [{name: k, cluster: {server: \"https://h\"}}]\nusers: [{name: v, user: {}}]\ncontexts: [{name: a, context: {cluster: k, user: u}}]",
      message: "contexts[a].context.user: there is no user \"u\"; add it to users or name one of: v"),
    Broken(
      name: "two clusters of one name", yaml: "clusters: [{name: k, cluster: {}}, {name: k, cluster: {}}]",
      message: "clusters[1].name: \"k\" stands in the list twice; remove one of the two"),
    Broken(
      name: "a cluster without name", yaml: "clusters: [{cluster: {}}]",
      message: "clusters[0].name: is required"),
    Broken(
      name: "clusters as a map", yaml: "clusters: {k: {}}",
      message: "clusters: expected a list, found an object"),
    Broken(
      name: "another kind", yaml: "kind: Pod", message: "kind: \"Pod\" is not a kubeconfig's kind; use Config"
    ),
    Broken(
      name: "another version", yaml: "apiVersion: v2",
      message: "apiVersion: \"v2\" is not a kubeconfig's version; use v1"),
    Broken(
      name: "a list", yaml: "[1]",
      message:
        "(root): is not a kubeconfig: expected an object, found a list; give a document of apiVersion v1 and kind Config"
    ),
    Broken(
      name: "two documents", yaml: "a: 1\n---\nb: 2\n",
      message: "holds 2 YAML documents; give each its own file and list the files in KUBECONFIG"),
  ]
}
