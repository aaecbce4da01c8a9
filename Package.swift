// swift-tools-version: 6.2
import PackageDescription

/// The toolchain's libFuzzer if `Scripts/fuzz` builds: every target is instrumented then, in a
/// build folder of its own.
let libFuzzer = Context.environment["LIBFUZZER"]

/// The settings of every target. `ExistentialAny`, `MemberImportVisibility` and
/// `InternalImportsByDefault` make the reach of each import visible.
let settings: [SwiftSetting] =
  [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
  ] + (libFuzzer == nil ? [] : [.unsafeFlags(["-sanitize=fuzzer"])])

func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ module: String, _ dependencies: [Target.Dependency], resources: [Resource] = [])
  -> Target
{
  .testTarget(
    name: module + "Tests", dependencies: dependencies, resources: resources,
    swiftSettings: settings)
}

let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let metrics: Target.Dependency = .product(name: "Metrics", package: "swift-metrics")
let coreMetrics: Target.Dependency = .product(name: "CoreMetrics", package: "swift-metrics")
let tracing: Target.Dependency = .product(name: "Tracing", package: "swift-distributed-tracing")
let lifecycle: Target.Dependency = .product(
  name: "ServiceLifecycle", package: "swift-service-lifecycle")
/// Persistent collections: a copy and its first change cost the same whatever their size.
let trees: Target.Dependency = .product(name: "HashTreeCollections", package: "swift-collections")
let heaps: Target.Dependency = .product(name: "HeapModule", package: "swift-collections")
let deques: Target.Dependency = .product(name: "DequeModule", package: "swift-collections")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")

/// The modules of typed kinds, one per API group; those of the second list need the types of
/// core/v1.
let kindModules =
  [
    "KubeKindsAPIExtensions", "KubeKindsAPIRegistration", "KubeKindsAdmissionRegistration",
    "KubeKindsAuthentication", "KubeKindsAuthorization", "KubeKindsAutoscaling", "KubeKindsCertificates",
    "KubeKindsCoordination", "KubeKindsCore", "KubeKindsDiscovery", "KubeKindsFlowControl",
    "KubeKindsPolicy", "KubeKindsRBAC", "KubeKindsScheduling",
  ].map { module($0, ["KubeCore"]) }
  + [
    "KubeKindsApps", "KubeKindsBatch", "KubeKindsEvents", "KubeKindsNetworking", "KubeKindsNode",
    "KubeKindsStorage",
  ].map { module($0, ["KubeKindsCore", "KubeCore"]) }
/// The kinds that the gateway reads or writes.
let gatewayKinds: [Target.Dependency] = [
  "KubeKindsAPIExtensions", "KubeKindsAPIRegistration", "KubeKindsApps", "KubeKindsCoordination",
  "KubeKindsCore", "KubeKindsDiscovery", "KubeKindsEvents", "KubeKindsPolicy", "KubeKindsRBAC",
]
/// The kinds that the simulated controllers of KubeTesting read and write.
let workloadKinds: [Target.Dependency] = [
  "KubeKindsApps", "KubeKindsBatch", "KubeKindsCore", "KubeKindsDiscovery",
]
let allKinds: [Target.Dependency] = kindModules.map { .byName(name: $0.name) }

/// The fuzzer, which only `Scripts/fuzz` builds.
let fuzzer: [Target] =
  if let libFuzzer {
    [
      .target(name: "LibFuzzer", path: "Tools/fuzz/LibFuzzer"),
      .executableTarget(
        name: "fuzz", dependencies: ["FuzzTargets", "LibFuzzer"], path: "Tools/fuzz",
        exclude: ["Corpus", "FuzzTargets", "LibFuzzer", "README.md"], swiftSettings: settings,
        linkerSettings: [.unsafeFlags([libFuzzer]), .linkedLibrary("stdc++"), .linkedLibrary("m")]),
    ]
  } else {
    []
  }

let package = Package(
  name: "swift-cluster-gateway",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "KubeCore", targets: ["KubeCore"]),
    .library(name: "KubeSchemas", targets: ["KubeSchemas"]),
    .library(name: "KubeYAML", targets: ["KubeYAML"]),
    .library(name: "KubeTransport", targets: ["KubeTransport"]),
    .library(name: "KubeConfig", targets: ["KubeConfig"]),
    .library(name: "KubeHTTP", targets: ["KubeHTTP"]),
    .library(name: "KubeMemory", targets: ["KubeMemory"]),
    .library(name: "KubeReconcile", targets: ["KubeReconcile"]),
    .library(name: "KubeRuntime", targets: ["KubeRuntime"]),
    .library(name: "KubeServer", targets: ["KubeServer"]),
    .library(name: "KubeOperator", targets: ["KubeOperator"]),
    .library(name: "KubeTesting", targets: ["KubeTesting"]),
    .library(name: "KubeTestServer", targets: ["KubeTestServer"]),
    .library(name: "GatewayAPI", targets: ["GatewayAPI"]),
    .library(name: "GatewayPKI", targets: ["GatewayPKI", "CertificatePolicy"]),
    .library(name: "GatewayReconcile", targets: ["GatewayReconcile", "CertificatePolicy"]),
    .library(name: "GatewayManager", targets: ["GatewayManager"]),
    .executable(name: "gateway-manager", targets: ["gateway-manager"]),
    .executable(name: "generate-kinds", targets: ["generate-kinds"]),
  ] + kindModules.map { .library(name: $0.name, targets: [$0.name]) },
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.1.0"),
    .package(url: "https://github.com/apple/swift-configuration.git", from: "1.0.0", traits: []),
    .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.2.0"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.3.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.5.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.80.0"),
    .package(url: "https://github.com/apple/swift-nio-extras", from: "1.24.0"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.29.0"),
    // Without traits: whole Foundation would bring ICU into the program.
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.10.0", traits: []),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.25.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.6.0"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.0"),
  ],
  targets: [
    // System libraries and the one C shim for OpenSSL's macros.
    .systemLibrary(
      name: "CLibYAML", pkgConfig: "yaml-0.1",
      providers: [.apt(["libyaml-dev"]), .brew(["libyaml"])]),
    .systemLibrary(
      name: "COpenSSL", pkgConfig: "openssl",
      providers: [.apt(["libssl-dev"]), .brew(["openssl@3"])]),
    .target(name: "COpenSSLShim", dependencies: ["COpenSSL"]),

    // Kubernetes, for any operator.
    module("KubeCore"),
    module("KubeSchemas", ["KubeCore"]),
    module("KubeYAML", ["KubeCore", "CLibYAML"]),
    module("KubeTransport", ["KubeCore", httpTypes, logging, metrics, coreMetrics, tracing]),
    module(
      "KubeConfig",
      [
        "KubeTransport", "KubeYAML", "KubeCore",
        .product(name: "Subprocess", package: "swift-subprocess"),
      ]),
    module(
      "KubeHTTP",
      [
        "KubeTransport", "KubeConfig", "KubeCore", httpTypes, logging,
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOHTTPCompression", package: "swift-nio-extras"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
      ]),
    module("KubeMemory", ["KubeTransport", "KubeSchemas", "KubeCore", httpTypes]),
    module("KubeReconcile", ["KubeSchemas", "KubeKindsRBAC", "KubeCore", trees]),
    module(
      "KubeRuntime",
      [
        "KubeReconcile", "KubeTransport", "KubeKindsAPIExtensions", "KubeKindsCoordination",
        "KubeKindsCore", "KubeKindsEvents", "KubeCore", logging, metrics, coreMetrics, tracing, lifecycle,
        heaps,
      ]),
    module(
      "KubeServer",
      [
        "KubeRuntime", "KubeTransport", "KubeKindsAuthentication", "KubeKindsAuthorization", "KubeCore",
        logging, lifecycle, hummingbird,
        .product(name: "HummingbirdCore", package: "hummingbird"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
      ]),
    module(
      "KubeOperator",
      [
        "KubeCore", "KubeReconcile", "KubeTransport", "KubeConfig", "KubeHTTP", "KubeRuntime", "KubeServer",
        coreMetrics, logging, lifecycle,
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
      ]),
    module(
      "KubeTesting",
      workloadKinds + ["KubeMemory", "KubeReconcile", "KubeTransport", "KubeCore", httpTypes]),

    module(
      "KubeTestServer",
      [
        "KubeMemory", "KubeTransport", "KubeCore", httpTypes,
        .product(name: "HummingbirdCore", package: "hummingbird"),
        .product(name: "HummingbirdTLS", package: "hummingbird"),
        .product(name: "HummingbirdHTTP2", package: "hummingbird"),
        lifecycle, logging,
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ]),

    // The gateway.
    .target(
      name: "GatewayAPI", dependencies: ["KubeKindsCore", "KubeSchemas", "KubeCore"],
      exclude: ["Configuration/ClusterGatewayConfiguration.yaml"], swiftSettings: settings),
    module("CertificatePolicy", ["KubeCore"]),
    module("GatewayPKI", ["CertificatePolicy", "KubeCore", "COpenSSL", "COpenSSLShim"]),
    module(
      "GatewayReconcile",
      gatewayKinds + ["KubeReconcile", "KubeSchemas", "KubeCore", "GatewayAPI", "CertificatePolicy"]),
    module(
      "GatewayManager",
      gatewayKinds + [
        "KubeKindsAuthentication", "KubeKindsAuthorization", "KubeCore", "KubeTransport", "KubeRuntime",
        "GatewayAPI", "CertificatePolicy", "GatewayPKI", "GatewayReconcile", "KubeReconcile", logging,
        metrics,
        lifecycle, heaps, deques, trees,
      ]),

    // Internal: not products.
    module(
      "OCMSimulator",
      gatewayKinds + [
        "KubeTesting", "KubeMemory", "KubeTransport", "KubeSchemas", "KubeCore", "GatewayAPI",
        "CertificatePolicy", "GatewayReconcile", "KubeReconcile", httpTypes,
      ]),
    // TLS servers and clients around a rotating hub: for its test and for Scripts/handshakes.
    module(
      "HandshakeTesting",
      gatewayKinds + [
        "KubeCore", "KubeTransport", "KubeMemory", "GatewayAPI", "CertificatePolicy", "GatewayPKI",
        "GatewayReconcile", "KubeReconcile", "KubeRuntime", "GatewayManager", "KubeTesting", "OCMSimulator",
        "COpenSSLShim",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
      ]),

    // The demo's hub and script: for `gateway-manager demo` and for the smaller program of Scripts/demo.
    module(
      "GatewayDemo",
      gatewayKinds + [
        "KubeCore", "KubeTransport", "KubeMemory", "GatewayAPI", "CertificatePolicy", "GatewayPKI",
        "GatewayReconcile", "KubeReconcile", "GatewayManager", "KubeTesting", "OCMSimulator", logging,
        argumentParser,
      ]),
    .executableTarget(
      name: "gateway-demo", dependencies: ["GatewayDemo", argumentParser], path: "Examples/gateway-demo",
      swiftSettings: settings),
    .executableTarget(
      name: "gateway-manager",
      dependencies: gatewayKinds + [
        "GatewayDemo", "KubeCore", "KubeYAML", "KubeTransport", "KubeConfig", "KubeHTTP", "KubeMemory",
        "KubeTestServer", "KubeRuntime", "KubeServer", "GatewayAPI", "CertificatePolicy", "GatewayPKI",
        "GatewayReconcile", "KubeReconcile", "GatewayManager", "KubeTesting", "OCMSimulator", logging,
        metrics, lifecycle, httpTypes,
        .product(name: "Configuration", package: "swift-configuration"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
        argumentParser,
      ],
      path: "Examples/gateway-manager",
      swiftSettings: settings),

    // The gateway's invariants, and generated hubs with what others do there.
    module(
      "GatewayTesting",
      gatewayKinds + [
        "KubeCore", "KubeTransport", "KubeMemory", "GatewayAPI", "CertificatePolicy", "GatewayReconcile",
        "KubeReconcile", "KubeTesting", "OCMSimulator", httpTypes,
      ]),
    // The explorer's scenarios of the gateway.
    module(
      "Explorer",
      gatewayKinds + [
        "KubeCore", "KubeTransport", "KubeMemory", "GatewayAPI", "CertificatePolicy", "GatewayReconcile",
        "KubeReconcile", "KubeTesting", "OCMSimulator", "GatewayTesting", httpTypes,
      ]),

    // Tools, built in release mode by the script of the same name.
    .executableTarget(
      name: "explore", dependencies: ["Explorer", "KubeTesting"], path: "Tools/explore",
      swiftSettings: settings),
    .executableTarget(
      name: "properties",
      dependencies: gatewayKinds + [
        "GatewayTesting", "Explorer", "KubeTesting", "KubeMemory", "KubeTransport", "OCMSimulator",
        "GatewayReconcile", "KubeReconcile", "GatewayAPI", "CertificatePolicy", "KubeCore",
      ], path: "Tools/properties", swiftSettings: settings),
    .target(name: "Allocator", path: "Tools/bench/Allocator"),
    .target(
      name: "BenchDocuments", dependencies: ["KubeCore"], path: "Tools/bench/Documents",
      swiftSettings: settings),
    .executableTarget(
      name: "bench",
      dependencies: gatewayKinds + [
        "Allocator", "BenchDocuments", "KubeSchemas", "KubeCore", "KubeYAML", "KubeTransport", "KubeMemory",
        "GatewayAPI", "CertificatePolicy", "GatewayPKI", "GatewayReconcile", "KubeReconcile", "KubeRuntime",
        "GatewayManager", httpTypes, logging,
      ], path: "Tools/bench", exclude: ["Allocator", "Documents", "instructions.json"],
      swiftSettings: settings),
    .executableTarget(
      name: "bench-network",
      dependencies: [
        "BenchDocuments", "KubeKindsCore", "KubeCore", "KubeTransport", "KubeConfig", "KubeHTTP",
        "KubeMemory", "KubeTestServer", "CertificatePolicy", "GatewayPKI", httpTypes,
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
      ], path: "Tools/bench-network", swiftSettings: settings),
    // The C library's clock for the whole program, BoringSSL included, set by hand.
    .target(name: "WallClock", path: "Tools/handshakes/WallClock"),
    .executableTarget(
      name: "handshakes",
      dependencies: ["HandshakeTesting", "WallClock", .product(name: "NIOPosix", package: "swift-nio")],
      path: "Tools/handshakes", exclude: ["WallClock"], swiftSettings: settings),
    .target(
      name: "FuzzTargets",
      dependencies: [
        "KubeKindsApps", "KubeKindsCore", "KubeCore", "KubeYAML", "KubeTransport", "KubeConfig",
        "CertificatePolicy", "GatewayPKI",
      ], path: "Tools/fuzz/FuzzTargets", swiftSettings: settings),
    // Plays the agents of managed clusters against any API server: Scripts/bench-hub, Scripts/soak.
    .executableTarget(
      name: "ocm-agents",
      dependencies: [
        "KubeCore", "KubeKindsCore", "KubeTransport", "KubeConfig", "KubeHTTP", "KubeMemory", "KubeRuntime",
        "KubeReconcile", "KubeTesting", "KubeTestServer", "GatewayAPI", "GatewayReconcile", "GatewayManager",
        "OCMSimulator",
        logging, httpTypes, argumentParser, deques,
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
      ], path: "Tools/ocm-agents", swiftSettings: settings),

    // Writes the typed kinds and the literals of their facts: Scripts/generate-kinds.
    .executableTarget(
      name: "generate-kinds", dependencies: ["KubeSchemas", "KubeYAML", "KubeCore"],
      path: "Tools/generate-kinds", exclude: ["Kubernetes.schema", "OpenClusterManagement.schema"],
      swiftSettings: settings),

    .executableTarget(
      name: "plan-example",
      dependencies: gatewayKinds + [
        "KubeCore", "GatewayAPI", "CertificatePolicy", "GatewayReconcile", "KubeReconcile",
      ],
      path: "Examples/plan-example", swiftSettings: settings),
    // The examples do without the package's own access, as other packages do.
    // The operator of KubeMemory's article: the controller, and its main program.
    .target(
      name: "ConfigMapMirror", dependencies: ["KubeKindsCore", "KubeReconcile", "KubeCore"],
      path: "Examples/configmap-operator/ConfigMapMirror", packageAccess: false, swiftSettings: settings),
    .executableTarget(
      name: "configmap-operator",
      dependencies: ["ConfigMapMirror", "KubeOperator"],
      path: "Examples/configmap-operator", exclude: ["ConfigMapMirror"], swiftSettings: settings),
    .target(
      name: "Website",
      dependencies: ["KubeSchemas", "KubeKindsApps", "KubeKindsCore", "KubeReconcile", "KubeCore"],
      path: "Examples/website-operator/Website", packageAccess: false, swiftSettings: settings),
    .executableTarget(
      name: "website-operator", dependencies: ["Website", "KubeOperator", "KubeKindsCore", "KubeCore"],
      path: "Examples/website-operator", exclude: ["Website", "deployment.yaml", "website.yaml"],
      packageAccess: false, swiftSettings: settings),
    .executableTarget(
      name: "certificate-example", dependencies: ["KubeCore", "CertificatePolicy", "GatewayPKI"],
      path: "Examples/certificate-example", swiftSettings: settings),
    .executableTarget(
      name: "api-server-pki", dependencies: ["KubeCore", "CertificatePolicy", "GatewayPKI"],
      path: "Examples/api-server-pki", swiftSettings: settings),

    // An object of each built-in kind, for KubeMemory's tests and the conformance suite.
    .target(
      name: "KindSamples", dependencies: ["KubeCore"], path: "Tests/KindSamples", swiftSettings: settings),
    tests("KubeCore", ["KubeSchemas", "KubeCore"]),
    tests("KubeSchemas", ["KubeSchemas", "KubeCore"]),
    .testTarget(
      name: "KubeKindsTests", dependencies: ["GatewayAPI", "KubeSchemas", "KubeCore"] + allKinds,
      exclude: ["awkward.yaml"], swiftSettings: settings),
    tests("KubeYAML", ["KubeYAML", "KubeCore"]),
    tests(
      "KubeTransport",
      [
        "KubeTransport", "KubeMemory", "KubeKindsCore", "KubeSchemas", "KubeCore", httpTypes, coreMetrics,
        logging,
        .product(name: "MetricsTestKit", package: "swift-metrics"),
      ]),
    tests("KubeConfig", ["KubeConfig", "KubeTransport", "KubeCore"]),
    tests(
      "KubeHTTP",
      [
        "KubeHTTP", "KubeTestServer", "KubeMemory", "KubeConfig", "KubeTransport", "KubeKindsCore",
        "KubeCore", httpTypes, .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOEmbedded", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
      ]),
    tests(
      "KubeMemory",
      [
        "KindSamples", "KubeMemory", "KubeTransport", "KubeSchemas", "KubeKindsRBAC", "KubeCore", httpTypes,
      ]),
    tests(
      "KubeServer",
      [
        "KubeServer", "KubeRuntime", "KubeHTTP", "KubeMemory", "KubeConfig", "KubeTransport", "KubeKindsCore",
        "KubeKindsRBAC", "CertificatePolicy", "GatewayPKI", "KubeCore", httpTypes, logging,
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
      ]),
    tests(
      "KubeTesting",
      workloadKinds + ["KubeTesting", "KubeMemory", "KubeReconcile", "KubeTransport", "KubeCore", httpTypes]),
    tests(
      "KubeOperator",
      [
        "KubeOperator", "KubeTestServer", "KubeMemory", "KubeConfig", "KubeTransport", "KubeKindsCore",
        "KubeKindsPolicy", "KubeCore", httpTypes, logging,
      ]),
    tests(
      "KubeTestServer",
      [
        "KubeTestServer", "KubeMemory", "KubeHTTP", "KubeConfig", "KubeTransport", "KubeKindsCore",
        "KubeCore",
      ]),
    tests(
      "Website",
      [
        "Website", "KubeTesting", "KubeTestServer", "KubeOperator", "KubeRuntime", "KubeSchemas",
        "KubeKindsApps", "KubeKindsCoordination", "KubeKindsCore", "KubeKindsEvents", "KubeMemory",
        "KubeReconcile", "KubeTransport", "KubeCore", logging,
      ]),
    // The articles' code, and that of the products' landing pages.
    tests(
      "Documentation",
      [
        "KubeCore", "KubeSchemas", "KubeKindsApps", "KubeKindsCore", "KubeYAML", "KubeTransport",
        "KubeConfig", "KubeHTTP", "KubeMemory", "KubeReconcile", "KubeRuntime", "KubeServer",
        "KubeOperator", "KubeTesting", "KubeTestServer", "GatewayAPI", "CertificatePolicy",
        "GatewayPKI", "GatewayReconcile", "GatewayManager", httpTypes, logging,
      ]),
    tests(
      "ConfigMapMirror",
      [
        "ConfigMapMirror", "KubeTesting", "KubeRuntime", "KubeReconcile", "KubeMemory", "KubeTransport",
        "KubeKindsCore", "KubeCore", logging,
      ]),
    tests(
      "Conformance",
      gatewayKinds + [
        "KindSamples",
        "KubeSchemas", "KubeMemory", "KubeTestServer", "KubeHTTP", "KubeConfig", "KubeTransport", "KubeCore",
        "GatewayPKI", "CertificatePolicy", "GatewayAPI", "GatewayReconcile", "KubeReconcile",
        "GatewayManager",
        "KubeTesting", "OCMSimulator", httpTypes, logging,
      ]),
    tests(
      "KubeRuntime",
      [
        "KubeRuntime", "KubeReconcile", "KubeMemory", "KubeTransport", "KubeKindsAPIExtensions",
        "KubeKindsCoordination", "KubeKindsCore", "KubeKindsEvents", "KubeCore", httpTypes, logging, metrics,
        tracing,
        .product(name: "InMemoryTracing", package: "swift-distributed-tracing"),
        .product(name: "MetricsTestKit", package: "swift-metrics"),
      ]),
    tests(
      "GatewayAPI",
      ["GatewayAPI", "KubeMemory", "KubeTransport", "KubeKindsAPIExtensions", "KubeCore", httpTypes]),
    tests("CertificatePolicy", ["CertificatePolicy", "KubeCore"]),
    tests("GatewayPKI", ["GatewayPKI", "CertificatePolicy", "KubeCore", "COpenSSLShim"]),
    tests(
      "OCMSimulator",
      gatewayKinds + [
        "OCMSimulator", "KubeTesting", "KubeMemory", "KubeTransport", "KubeCore", "GatewayAPI",
        "GatewayReconcile", "KubeReconcile", "GatewayManager", "GatewayPKI", "CertificatePolicy",
      ]),
    tests(
      "GatewayReconcile",
      gatewayKinds + [
        "GatewayTesting", "KubeSchemas", "GatewayReconcile", "KubeReconcile", "GatewayAPI",
        "CertificatePolicy", "KubeMemory", "KubeTesting", "KubeTransport", "KubeCore", "OCMSimulator",
        httpTypes,
      ]),
    tests(
      "CommandLine",
      gatewayKinds + [
        "gateway-manager", "GatewayDemo", "KubeTestServer", "KubeMemory", "KubeHTTP", "KubeConfig",
        "KubeTransport", "KubeYAML", "KubeCore",
        "GatewayAPI", "CertificatePolicy", "GatewayPKI", "GatewayReconcile", "KubeReconcile", "KubeTesting",
        "OCMSimulator", "GatewayManager", "KubeKindsNetworking", "KubeRuntime", "KubeSchemas", httpTypes,
        logging, argumentParser,
      ], resources: [.copy("Fixtures")]),
    tests("Handshake", ["HandshakeTesting", .product(name: "NIOPosix", package: "swift-nio")]),
    // The fuzzer's targets, run on its corpora without the fuzzer.
    tests("Corpus", ["FuzzTargets"]),
    tests(
      "GatewayManager",
      gatewayKinds + [
        "GatewayManager", "GatewayReconcile", "KubeReconcile", "KubeRuntime", "GatewayPKI",
        "CertificatePolicy",
        "GatewayAPI",
        "OCMSimulator", "KubeTesting", "KubeMemory", "KubeTransport", "KubeCore", httpTypes, logging,
      ]),
  ] + kindModules + fuzzer,
  swiftLanguageModes: [.v6]
)
