import ArgumentParser
struct DemoCommand: AsyncParsableCommand {}
struct RunCommand: AsyncParsableCommand {}
