// swift-tools-version: 6.2
import PackageDescription

// Handshakes while certificates rotate over years, in a package of their own: BoringSSL asks the C library for the time,
// so the whole program has a clock that is set by hand. The modules are the main package's, by symbolic link.

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

func module(
  _ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []
) -> Target {
  .target(
    name: name, dependencies: dependencies, path: "Modules/" + name, exclude: exclude,
    swiftSettings: settings)
}

let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let metrics: Target.Dependency = .product(name: "Metrics", package: "swift-metrics")
let trees: Target.Dependency = .product(name: "HashTreeCollections", package: "swift-collections")
let heaps: Target.Dependency = .product(name: "HeapModule", package: "swift-collections")
let lifecycle: Target.Dependency = .product(
  name: "ServiceLifecycle", package: "swift-service-lifecycle")

/// The typed kinds that the gateway reads or writes.
let gatewayKinds: [Target.Dependency] = [
  "KubeKindsAPIExtensions", "KubeKindsAPIRegistration", "KubeKindsApps", "KubeKindsCoordination",
  "KubeKindsCore", "KubeKindsDiscovery", "KubeKindsEvents", "KubeKindsPolicy", "KubeKindsRBAC",
]

let package = Package(
  name: "handshakes",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(url: "https://github.com/apple/swift-collections", from: "1.1.0"),
    .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.2.0"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.3.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.5.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.80.0"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.29.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.6.0"),
  ],
  targets: [
    .systemLibrary(name: "COpenSSL", path: "Modules/COpenSSL", pkgConfig: "openssl"),
    .target(name: "COpenSSLShim", dependencies: ["COpenSSL"], path: "Modules/COpenSSLShim"),
    module("KubeCore"),
    module("KubeSchemas", ["KubeCore"]),
    module("KubeKindsCore", ["KubeCore"]),
    module("KubeKindsApps", ["KubeKindsCore", "KubeCore"]),
    module("KubeKindsBatch", ["KubeKindsCore", "KubeCore"]),
    module("KubeKindsAPIExtensions", ["KubeCore"]),
    module("KubeKindsAPIRegistration", ["KubeCore"]),
    module("KubeKindsCoordination", ["KubeCore"]),
    module("KubeKindsDiscovery", ["KubeCore"]),
    module("KubeKindsEvents", ["KubeKindsCore", "KubeCore"]),
    module("KubeKindsPolicy", ["KubeCore"]),
    module("KubeKindsRBAC", ["KubeCore"]),
    module(
      "KubeTransport",
      [
        "KubeCore", httpTypes, .product(name: "Logging", package: "swift-log"),
        .product(name: "Metrics", package: "swift-metrics"),
        .product(name: "CoreMetrics", package: "swift-metrics"),
        .product(name: "Tracing", package: "swift-distributed-tracing"),
      ]),
    module("KubeMemory", ["KubeTransport", "KubeSchemas", "KubeCore", httpTypes]),
    .target(
      name: "GatewayAPI", dependencies: ["KubeKindsCore", "KubeSchemas", "KubeCore"],
      path: "Modules/GatewayAPI",
      exclude: ["Configuration/ClusterGatewayConfiguration.yaml"], swiftSettings: settings),
    module("CertificatePolicy", ["KubeCore"]),
    module("GatewayPKI", ["CertificatePolicy", "KubeCore", "COpenSSL", "COpenSSLShim"]),
    module("KubeReconcile", ["KubeSchemas", "KubeCore", trees]),
    module(
      "GatewayReconcile",
      gatewayKinds + ["KubeReconcile", "KubeSchemas", "KubeCore", "GatewayAPI", "CertificatePolicy"]),
    module(
      "KubeRuntime",
      [
        "KubeReconcile", "KubeTransport", "KubeKindsCoordination", "KubeKindsCore", "KubeKindsEvents",
        "KubeCore", logging,
        .product(name: "Tracing", package: "swift-distributed-tracing"),
        metrics,
        .product(name: "CoreMetrics", package: "swift-metrics"), lifecycle, heaps,
      ]),
    module(
      "GatewayManager",
      gatewayKinds + [
        "KubeCore", "KubeTransport", "KubeRuntime", "GatewayAPI", "CertificatePolicy", "GatewayPKI",
        "GatewayReconcile", "KubeReconcile", logging, metrics, lifecycle, heaps, trees,
      ]),
    module(
      "KubeTesting",
      [
        "KubeKindsApps", "KubeKindsBatch", "KubeKindsCore", "KubeKindsDiscovery", "KubeMemory",
        "KubeReconcile", "KubeTransport", "KubeCore", httpTypes,
      ]),
    module(
      "OCMSimulator",
      gatewayKinds + [
        "KubeTesting", "KubeMemory", "KubeTransport", "KubeSchemas", "KubeCore", "GatewayAPI",
        "CertificatePolicy", "GatewayReconcile", "KubeReconcile", httpTypes,
      ]),
    module(
      "HandshakeScene",
      gatewayKinds + [
        "KubeCore", "KubeTransport", "KubeMemory", "GatewayAPI", "CertificatePolicy", "GatewayPKI",
        "GatewayReconcile", "KubeReconcile", "KubeRuntime", "GatewayManager", "KubeTesting", "OCMSimulator",
        "COpenSSLShim",
        nioCore, nioPosix, nioSSL,
      ]),
    .target(name: "WallClock"),
    .executableTarget(
      name: "handshakes", dependencies: ["HandshakeScene", "WallClock", nioPosix], swiftSettings: settings),
  ],
  swiftLanguageModes: [.v6]
)
