import FuzzTargets
import Glibc
import LibFuzzer

// fuzz TARGET [libFuzzer's arguments]

guard CommandLine.argc >= 2, let name = CommandLine.arguments.dropFirst().first,
  FuzzTarget(rawValue: name) != nil
else {
  let names = FuzzTarget.allCases.map(\.rawValue).joined(separator: ", ")
  fatalError("say what to fuzz, one of: \(names)")
}

// A C callback captures nothing: it reaches the target as a global.
let target = FuzzTarget(rawValue: name)
var count = CommandLine.argc - 1
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv + 1
// To merge and to minimize, libFuzzer starts itself again by what stands before its own arguments.
arguments?[0] = strdup("\(CommandLine.arguments.first ?? "fuzz") \(name)")
_ = LLVMFuzzerRunDriver(&count, &arguments) { data, size in
  target?.run(Array(UnsafeBufferPointer(start: data, count: size)))
  return 0
}
