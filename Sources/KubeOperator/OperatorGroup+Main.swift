import KubeCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

extension OperatorGroup {
  /// Runs a main program, such as one of several controllers. If it throws, one line on standard
  /// error says why, and the process exits with 1; an error that `main()` itself throws would trap.
  public static func main(_ program: () async throws -> Void) async {
    do {
      try await program()
    } catch {
      let line = "error: \("\(error)".onOneLine)\n"
      _ = line.withCString { write(STDERR_FILENO, $0, line.utf8.count) }
      exit(1)
    }
  }
}
