// Writes the reference vectors as little-endian 64-bit words to standard output: see prove-lanes.
import CMachine
import Glibc

let argument = CommandLine.arguments.dropFirst().first ?? ""
if let missing = causeway_missing_cpu_feature() {
  print("this CPU lacks \(String(cString: missing))")
  exit(2)
}
switch argument {
case "level":
  print(String(cString: causeway_built_level()))
case "scalar", "lanes", "exotics":
  let words =
    switch argument {
    case "scalar": try ReferenceVectors.scalarResults()
    case "lanes": try ReferenceVectors.laneResults()
    default: try ReferenceVectors.exoticResults()
    }
  for word in words {
    for shift in stride(from: 0, to: 64, by: 8) {
      putchar_unlocked(Int32(truncatingIfNeeded: word >> UInt64(shift) & 0xff))
    }
  }
default:
  print("usage: writer level | scalar | lanes | exotics")
  exit(2)
}
