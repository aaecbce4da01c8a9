// swift-tools-version: 6.2
import PackageDescription

// The properties of the pure function in a package of their own: in release mode they need neither the network's
// nor the operator's dependencies built. The sources are the main package's, by symbolic link.

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// The typed kinds that the gateway reads or writes.
let gatewayKinds: [Target.Dependency] = [
  "KubeKindsAPIExtensions", "KubeKindsAPIRegistration", "KubeKindsApps", "KubeKindsCoordination",
  "KubeKindsCore", "KubeKindsDiscovery", "KubeKindsEvents", "KubeKindsRBAC",
]

let package = Package(
  name: "properties",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(url: "https://github.com/apple/swift-collections", from: "1.1.0"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.3.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.5.0"),
    .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.2.0"),
  ],
  targets: [
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
    module("KubeKindsRBAC", ["KubeCore"]),
    module(
      "KubeTransport",
      [
        "KubeCore", .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "Metrics", package: "swift-metrics"),
        .product(name: "CoreMetrics", package: "swift-metrics"),
        .product(name: "Tracing", package: "swift-distributed-tracing"),
      ]),
    module(
      "KubeMemory",
      [
        "KubeTransport", "KubeSchemas", "KubeCore",
        .product(name: "HTTPTypes", package: "swift-http-types"),
      ]),
    .target(
      name: "GatewayAPI", dependencies: ["KubeKindsCore", "KubeSchemas", "KubeCore"],
      exclude: ["Configuration/ClusterGatewayConfiguration.yaml"], swiftSettings: settings),
    module("CertificatePolicy", ["KubeCore"]),
    module(
      "KubeReconcile",
      [
        "KubeSchemas", "KubeCore", .product(name: "HashTreeCollections", package: "swift-collections"),
      ]),
    module(
      "GatewayReconcile",
      gatewayKinds + ["KubeReconcile", "KubeSchemas", "KubeCore", "GatewayAPI", "CertificatePolicy"]),
    module(
      "KubeTesting",
      [
        "KubeKindsApps", "KubeKindsBatch", "KubeKindsCore", "KubeKindsDiscovery", "KubeMemory",
        "KubeReconcile", "KubeTransport", "KubeCore",
        .product(name: "HTTPTypes", package: "swift-http-types"),
      ]),
    module(
      "OCMSimulator",
      gatewayKinds + [
        "KubeTesting", "KubeMemory", "KubeTransport", "KubeSchemas", "KubeCore", "GatewayAPI",
        "CertificatePolicy", "GatewayReconcile", "KubeReconcile",
        .product(name: "HTTPTypes", package: "swift-http-types"),
      ]),
    module(
      "Explorer",
      gatewayKinds + [
        "KubeCore", "KubeTransport", "KubeMemory", "GatewayAPI", "CertificatePolicy", "GatewayReconcile",
        "KubeReconcile", "KubeTesting",
        "OCMSimulator", .product(name: "HTTPTypes", package: "swift-http-types"),
      ]),
    .executableTarget(
      name: "explore", dependencies: ["Explorer", "KubeTesting"], path: "explore", swiftSettings: settings),
    .testTarget(
      name: "GatewayReconcileTests",
      dependencies: gatewayKinds + [
        "KubeSchemas", "GatewayReconcile", "KubeReconcile", "GatewayAPI", "CertificatePolicy", "KubeCore",
        "KubeMemory", "KubeTesting", "KubeTransport", "OCMSimulator",
      ],
      swiftSettings: settings),
    .testTarget(
      name: "ExplorerTests", dependencies: ["Explorer", "KubeTesting"], swiftSettings: settings),
  ],
  swiftLanguageModes: [.v6]
)
