import Testing

// The tests that need release mode, as a program: swift-testing's arguments (`--filter`) are its own.
await Testing.__swiftPMEntryPoint() as Never
