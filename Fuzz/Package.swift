// swift-tools-version: 6.2
import PackageDescription

// Fuzz targets in a package of their own, on Linux: everything here is compiled with libFuzzer's instrumentation, the modules of the main
// package too, which are here by symbolic link. `Scripts/fuzz` builds and runs it: it says where libFuzzer is.

let instrumented: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .unsafeFlags(["-sanitize=fuzzer"]),
]

func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, path: "Modules/" + name, swiftSettings: instrumented)
}

let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let libFuzzer = Context.environment["LIBFUZZER"] ?? "libclang_rt.fuzzer_no_main-x86_64.a"

let package = Package(
  name: "fuzz",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(url: "https://github.com/apple/swift-http-types", from: "1.3.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.5.0"),
    .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.2.0"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.0"),
  ],
  targets: [
    .systemLibrary(name: "CLibYAML", path: "Modules/CLibYAML", pkgConfig: "yaml-0.1"),
    .systemLibrary(name: "COpenSSL", path: "Modules/COpenSSL", pkgConfig: "openssl"),
    .target(name: "COpenSSLShim", dependencies: ["COpenSSL"], path: "Modules/COpenSSLShim"),
    .target(name: "LibFuzzer"),
    module("KubeCore"),
    module("KubeKindsCore", ["KubeCore"]),
    module("KubeKindsApps", ["KubeKindsCore", "KubeCore"]),
    module("KubeYAML", ["KubeCore", "CLibYAML"]),
    module(
      "KubeTransport",
      [
        "KubeCore", httpTypes, .product(name: "Logging", package: "swift-log"),
        .product(name: "Metrics", package: "swift-metrics"),
        .product(name: "CoreMetrics", package: "swift-metrics"),
        .product(name: "Tracing", package: "swift-distributed-tracing"),
      ]),
    module(
      "KubeConfig",
      ["KubeTransport", "KubeYAML", "KubeCore", .product(name: "Subprocess", package: "swift-subprocess")]),
    module("CertificatePolicy", ["KubeCore"]),
    module("GatewayPKI", ["CertificatePolicy", "KubeCore", "COpenSSL", "COpenSSLShim"]),
    .target(
      name: "FuzzTargets",
      dependencies: [
        "KubeKindsApps", "KubeKindsCore", "KubeCore", "KubeYAML", "KubeTransport", "KubeConfig",
        "CertificatePolicy", "GatewayPKI",
      ],
      swiftSettings: instrumented),
    .executableTarget(
      name: "fuzz", dependencies: ["FuzzTargets", "LibFuzzer"],
      linkerSettings: [.unsafeFlags([libFuzzer]), .linkedLibrary("stdc++"), .linkedLibrary("m")]),
  ],
  swiftLanguageModes: [.v6]
)
