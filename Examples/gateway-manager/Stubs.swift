import ArgumentParser
struct RunCommand: AsyncParsableCommand {}
