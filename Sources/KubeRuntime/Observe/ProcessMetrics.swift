#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The kernel's metrics of this process under the names of Prometheus' client libraries, read from
/// `/proc` on demand, and empty on systems without it.
enum ProcessMetrics {
  static let descriptions: [MetricDescription] = [
    .counter("process_cpu_seconds_total", help: "CPU time that the process has used, user and system."),
    .gauge("process_resident_memory_bytes", help: "Memory of the process that is in RAM."),
    .gauge("process_virtual_memory_bytes", help: "Address space of the process."),
    .gauge("process_open_fds", help: "File descriptors that are open."),
    .gauge("process_max_fds", help: "File descriptors that may be open at a time."),
    .gauge("process_start_time_seconds", help: "When the process started, in seconds since 1970."),
  ]

  /// The current values by name.
  static var values: [String: Double] {
    #if os(Linux)
      var values: [String: Double] = [:]
      let (tick, page) = (Double(sysconf(Int32(_SC_CLK_TCK))), Double(sysconf(Int32(_SC_PAGESIZE))))
      if let fields = statFields(text(of: "/proc/self/stat")), tick > 0 {
        values["process_cpu_seconds_total"] = (fields.userTicks + fields.systemTicks) / tick
        values["process_virtual_memory_bytes"] = fields.virtualBytes
        values["process_resident_memory_bytes"] = fields.residentPages * page
        if let boot = bootTime(text(of: "/proc/stat")) {
          values["process_start_time_seconds"] = boot + fields.startTicks / tick
        }
      }
      values["process_open_fds"] = openDescriptors
      values["process_max_fds"] = maximumDescriptors(text(of: "/proc/self/limits"))
      return values
    #else
      return [:]
    #endif
  }

  /// The fields of `/proc/self/stat` (proc(5)).
  struct StatFields: Hashable {
    var userTicks: Double
    var systemTicks: Double
    var startTicks: Double
    var virtualBytes: Double
    var residentPages: Double
  }

  /// Parses a line of `/proc/PID/stat`. The program's name in it may contain spaces and
  /// parentheses.
  static func statFields(_ line: String) -> StatFields? {
    guard let end = line.lastIndex(of: ")") else { return nil }
    // The first of these is the third field, the state.
    let fields = line[end...].dropFirst().split(whereSeparator: \.isWhitespace).map { Double($0) }
    func field(_ number: Int) -> Double? { fields.indices.contains(number - 3) ? fields[number - 3] : nil }
    guard let user = field(14), let system = field(15), let start = field(22), let virtual = field(23),
      let resident = field(24)
    else { return nil }
    return StatFields(
      userTicks: user, systemTicks: system, startTicks: start, virtualBytes: virtual, residentPages: resident)
  }

  /// Parses the machine's start time in `/proc/stat`, in seconds since 1970.
  static func bootTime(_ text: String) -> Double? {
    for line in text.split(separator: "\n") where line.hasPrefix("btime ") {
      return Double(line.dropFirst("btime ".count))
    }
    return nil
  }

  /// Parses the soft limit of open files in `/proc/self/limits`; `nil` if there is none.
  static func maximumDescriptors(_ text: String) -> Double? {
    let title = "Max open files"
    for line in text.split(separator: "\n") where line.hasPrefix(title) {
      return line.dropFirst(title.count).split(separator: " ").first.flatMap { Double($0) }
    }
    return nil
  }

  #if os(Linux)
    private static var openDescriptors: Double? {
      guard let folder = opendir("/proc/self/fd") else { return nil }
      defer { closedir(folder) }
      var count = 0.0
      // `.`, `..` and the descriptor of this reading aren't the process' own.
      while readdir(folder) != nil { count += 1 }
      return max(0, count - 3)
    }

    /// The first 64 KiB of a file; empty where it can't be read.
    private static func text(of path: String) -> String {
      let descriptor = open(path, O_RDONLY | O_CLOEXEC)
      guard descriptor >= 0 else { return "" }
      defer { close(descriptor) }
      var bytes: [UInt8] = []
      var buffer = [UInt8](repeating: 0, count: 4096)
      while bytes.count < 65_536 {
        let count = read(descriptor, &buffer, buffer.count)
        guard count > 0 else { break }
        bytes += buffer[..<count]
      }
      return String(decoding: bytes, as: UTF8.self)
    }
  #endif
}
