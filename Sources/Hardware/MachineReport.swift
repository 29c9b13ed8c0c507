import CMachine
import CNuma

/// What the machine offers, for an operator to read.
public struct MachineReport: Sendable, CustomStringConvertible {
  public let allowedCores: CoreSet
  public let nodeCount: Int
  public let numaIsAvailable: Bool
  /// Cores and their nodes, ascending.
  public let nodes: [(node: Int, cores: CoreSet)]
  public let freeHuge2MiBCount: Int?
  public let totalHuge2MiBCount: Int?
  public let freeHuge1GiBCount: Int?
  public let totalHuge1GiBCount: Int?
  /// The kernel's setting, the chosen word in brackets; nil when not available.
  public let transparentHugePages: String?
  public let cycleCounterIsInvariant: Bool
  public let clockSource: String?
  /// Nil: no limit.
  public let memlockByteCount: UInt64?

  public init() {
    let allowed = CoreSet.allowed
    allowedCores = allowed
    nodeCount = Int(causeway_numa_node_count())
    numaIsAvailable = causeway_numa_is_available() != 0
    var byNode: [Int: CoreSet] = [:]
    for core in allowed.cores { byNode[core.node ?? 0, default: CoreSet()].insert(core) }
    nodes = byNode.sorted { $0.key < $1.key }.map { (node: $0.key, cores: $0.value) }
    let pool = "/sys/kernel/mm/hugepages/hugepages-"
    freeHuge2MiBCount = readNumber(pool + "2048kB/free_hugepages")
    totalHuge2MiBCount = readNumber(pool + "2048kB/nr_hugepages")
    freeHuge1GiBCount = readNumber(pool + "1048576kB/free_hugepages")
    totalHuge1GiBCount = readNumber(pool + "1048576kB/nr_hugepages")
    transparentHugePages = readLine("/sys/kernel/mm/transparent_hugepage/enabled")
    cycleCounterIsInvariant = causeway_cycles_are_invariant() != 0
    clockSource = readLine("/sys/devices/system/clocksource/clocksource0/current_clocksource")
    let limit = causeway_memlock_limit()
    memlockByteCount = limit == .max ? nil : limit
  }

  public var description: String {
    let nodeLines = nodes.map { "  node \($0.node): cores \($0.cores)" }
    let lines =
      [
        "cores       \(allowedCores.count) allowed: \(allowedCores)",
        "nodes       \(nodeCount)\(numaIsAvailable ? "" : " (NUMA not available)")",
      ] + nodeLines + [
        "2 MiB pages \(Self.pool(freeHuge2MiBCount, totalHuge2MiBCount))",
        "1 GiB pages \(Self.pool(freeHuge1GiBCount, totalHuge1GiBCount))",
        "transparent \(transparentHugePages ?? "not available")",
        "cycles      \(cycleCounterIsInvariant ? "invariant" : "not invariant")"
          + ", clock source \(clockSource ?? "not available")",
        "memlock     \(memlockByteCount.map { "\($0 >> 10) KiB" } ?? "unlimited")",
      ]
    return lines.joined(separator: "\n")
  }

  private static func pool(_ free: Int?, _ total: Int?) -> String {
    guard let free, let total else { return "not available" }
    return "\(free) free of \(total)"
  }
}

/// The first line of a small kernel file; nil when it cannot be read.
internal func readLine(_ path: String) -> String? {
  var buffer = [CChar](repeating: 0, count: 256)
  // SAFETY: the call writes at most `count` bytes.
  let count = unsafe buffer.withUnsafeMutableBufferPointer { buffer in
    unsafe causeway_read_text(path, buffer.baseAddress.unsafelyUnwrapped, buffer.count)
  }
  guard count >= 0 else { return nil }
  let line = buffer.prefix(Int(count)).prefix { $0 != 10 }
  return line.reduce(into: "") { text, byte in
    text.unicodeScalars.append(Unicode.Scalar(UInt8(bitPattern: byte)))  // these files are ASCII
  }
}

internal func readNumber(_ path: String) -> Int? {
  guard let line = readLine(path) else { return nil }
  return Int(line)
}
