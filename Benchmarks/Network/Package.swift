// swift-tools-version: 6.2
import PackageDescription

// The benchmarks that need the network, in a package of their own again: the HTTP client, the server and the TLS library
// below them take minutes to build in release mode. Nothing but a person builds it.

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, path: "Modules/" + name, swiftSettings: settings)
}

let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let nio: [Target.Dependency] = [
  .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
  .product(name: "NIOSSL", package: "swift-nio-ssl"),
]
let httpClient: Target.Dependency = .product(name: "AsyncHTTPClient", package: "async-http-client")

let package = Package(
  name: "network-benchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.2.0"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.3.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.5.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.80.0"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.29.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.10.0"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.25.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.6.0"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.0"),
  ],
  targets: [
    .systemLibrary(name: "CLibYAML", path: "Modules/CLibYAML", pkgConfig: "yaml-0.1"),
    .systemLibrary(name: "COpenSSL", path: "Modules/COpenSSL", pkgConfig: "openssl"),
    .target(name: "COpenSSLShim", dependencies: ["COpenSSL"], path: "Modules/COpenSSLShim"),
    module("KubeCore"),
    module("KubeSchemas", ["KubeCore"]),
    module("KubeKindsCore", ["KubeCore"]),
    module("KubeKindsRBAC", ["KubeCore"]),
    module("KubeYAML", ["KubeCore", "CLibYAML"]),
    module(
      "KubeTransport",
      [
        "KubeCore", httpTypes, logging,
        .product(name: "Metrics", package: "swift-metrics"),
        .product(name: "CoreMetrics", package: "swift-metrics"),
        .product(name: "Tracing", package: "swift-distributed-tracing"),
      ]),
    module(
      "KubeConfig",
      ["KubeTransport", "KubeYAML", "KubeCore", .product(name: "Subprocess", package: "swift-subprocess")]),
    module(
      "KubeHTTP",
      [
        "KubeTransport", "KubeConfig", "KubeCore", httpTypes, logging, httpClient,
        .product(name: "NIOHTTP1", package: "swift-nio"),
      ] + nio),
    module("KubeMemory", ["KubeTransport", "KubeSchemas", "KubeKindsRBAC", "KubeCore", httpTypes]),
    module(
      "KubeTestServer",
      [
        "KubeMemory", "KubeTransport", "KubeCore", httpTypes, logging,
        .product(name: "HummingbirdCore", package: "hummingbird"),
        .product(name: "HummingbirdTLS", package: "hummingbird"),
        .product(name: "HummingbirdHTTP2", package: "hummingbird"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ] + nio),
    module("CertificatePolicy", ["KubeCore"]),
    module("GatewayPKI", ["CertificatePolicy", "KubeCore", "COpenSSL", "COpenSSLShim"]),
    .executableTarget(
      name: "bench-network",
      dependencies: [
        "KubeKindsCore", "KubeCore", "KubeTransport", "KubeConfig", "KubeHTTP", "KubeMemory",
        "KubeTestServer",
        "CertificatePolicy", "GatewayPKI", httpTypes, httpClient,
        .product(name: "NIOHTTP1", package: "swift-nio"),
      ] + nio,
      swiftSettings: settings),
  ],
  swiftLanguageModes: [.v6]
)
