// swift-tools-version: 6.2
import PackageDescription

// The benchmarks in a package of their own: in release mode they need neither the network's nor the operator's
// dependencies built. The modules are the main package's, by symbolic link.

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

func module(
  _ name: String, _ dependencies: [Target.Dependency] = [], path: String? = nil, sources: [String]? = nil
) -> Target {
  .target(
    name: name, dependencies: dependencies, path: "Modules/" + (path ?? name), sources: sources,
    swiftSettings: settings)
}

let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let metrics: Target.Dependency = .product(name: "Metrics", package: "swift-metrics")
let coreMetrics: Target.Dependency = .product(name: "CoreMetrics", package: "swift-metrics")
let trees: Target.Dependency = .product(name: "HashTreeCollections", package: "swift-collections")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")

/// The typed kinds that the gateway reads or writes.
let gatewayKinds: [Target.Dependency] = [
  "KubeKindsAPIExtensions", "KubeKindsAPIRegistration", "KubeKindsApps", "KubeKindsCoordination",
  "KubeKindsCore", "KubeKindsDiscovery", "KubeKindsEvents", "KubeKindsPolicy", "KubeKindsRBAC",
]

let package = Package(
  name: "benchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(url: "https://github.com/apple/swift-collections", from: "1.1.0"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.3.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.5.0"),
    .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.2.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.6.0"),
  ],
  targets: [
    .systemLibrary(name: "CLibYAML", path: "Modules/CLibYAML", pkgConfig: "yaml-0.1"),
    .systemLibrary(name: "COpenSSL", path: "Modules/COpenSSL", pkgConfig: "openssl"),
    .target(name: "COpenSSLShim", dependencies: ["COpenSSL"], path: "Modules/COpenSSLShim"),
    module("KubeCore"),
    module("KubeSchemas", ["KubeCore"]),
    module("KubeKindsCore", ["KubeCore"]),
    module("KubeKindsApps", ["KubeKindsCore", "KubeCore"]),
    module("KubeKindsAPIExtensions", ["KubeCore"]),
    module("KubeKindsAPIRegistration", ["KubeCore"]),
    module("KubeKindsCoordination", ["KubeCore"]),
    module("KubeKindsDiscovery", ["KubeCore"]),
    module("KubeKindsEvents", ["KubeKindsCore", "KubeCore"]),
    module("KubeKindsPolicy", ["KubeCore"]),
    module("KubeKindsRBAC", ["KubeCore"]),
    module("KubeYAML", ["KubeCore", "CLibYAML"]),
    module(
      "KubeTransport",
      [
        "KubeCore", httpTypes, logging, metrics, coreMetrics,
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
      "KubeRuntime",
      [
        "KubeReconcile", "KubeTransport", "KubeKindsCoordination", "KubeKindsCore", "KubeKindsEvents",
        "KubeCore", logging,
        .product(name: "Tracing", package: "swift-distributed-tracing"),
        metrics, coreMetrics,
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "HeapModule", package: "swift-collections"),
      ]),
    module(
      "GatewayReconcile",
      gatewayKinds + ["KubeReconcile", "KubeSchemas", "KubeCore", "GatewayAPI", "CertificatePolicy"]),
    // The part of GatewayManager that holds the hub's objects; the rest of it needs a server.
    module(
      "HubModel",
      gatewayKinds + [
        "KubeCore", "GatewayAPI", "CertificatePolicy", "GatewayPKI", "GatewayReconcile", "KubeReconcile",
        trees,
      ],
      path: "GatewayManager",
      sources: [
        "CertificateInventory.swift", "CertificateMaker.swift", "CertificateReader.swift",
        "ClusterRecord.swift", "HubModel.swift", "HubModel+Planning.swift", "HubReduction.swift",
        "HubReport.swift", "ReachabilityChanges.swift",
      ]),
    .target(name: "Allocator"),
    .executableTarget(
      name: "bench",
      dependencies: gatewayKinds + [
        "KubeSchemas",
        "Allocator", "KubeCore", "KubeYAML", "KubeTransport", "KubeMemory", "GatewayAPI", "CertificatePolicy",
        "GatewayPKI",
        "GatewayReconcile", "KubeReconcile", "KubeRuntime", "HubModel", httpTypes, logging,
      ],
      swiftSettings: settings),
  ],
  swiftLanguageModes: [.v6]
)
