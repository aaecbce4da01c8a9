// swift-tools-version: 6.2
import PackageDescription

// A verifier of what GatewayPKI makes and refuses, for Scripts/interop-pki: the verifier of swift-certificates, in a package of
// its own, as nothing else needs it.

let package = Package(
  name: "verifiers",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(url: "https://github.com/apple/swift-certificates", from: "1.6.0")
  ],
  targets: [
    .executableTarget(
      name: "verifier", dependencies: [.product(name: "X509", package: "swift-certificates")])
  ],
  swiftLanguageModes: [.v6]
)
