import CMachine
import CNuma

/// One core, by the kernel's number.
@frozen
public struct Core: Hashable, Comparable, Sendable, CustomStringConvertible {
  public let index: Int

  @inlinable public init(_ index: Int) { self.index = index }

  /// The NUMA node beside the core; 0 on a machine without nodes, nil when the core is unknown.
  public var node: Int? {
    let node = causeway_numa_node_of_core(Int32(clamping: index))
    return node < 0 ? nil : Int(node)
  }

  /// The core this call ran on.
  public static var current: Core { Core(Int(causeway_current_core())) }

  @inlinable
  public static func < (left: Core, right: Core) -> Bool { left.index < right.index }

  public var description: String { "core \(index)" }
}

/// A set of cores, numbers 0 to 1,023.
public struct CoreSet: Sendable, Equatable, CustomStringConvertible {
  /// Bit `i % 64` of word `i / 64` is core `i`; 16 words.
  private var words: [UInt64]

  public init() { words = [UInt64](repeating: 0, count: Int(causeway_core_word_count)) }

  public init(_ cores: [Core]) {
    self.init()
    for core in cores { insert(core) }
  }

  /// The cores this process may use, whatever its first thread has confined itself to since.
  public static let allowed = read(wholeProcess: 1)

  /// The cores the calling thread may use.
  public static var ofCurrentThread: CoreSet { read(wholeProcess: 0) }

  private static func read(wholeProcess: Int32) -> CoreSet {
    var set = CoreSet()
    // SAFETY: the buffer has the 16 words the call fills.
    let failure = unsafe set.words.withUnsafeMutableBufferPointer { words in
      unsafe causeway_get_affinity(wholeProcess, words.baseAddress.unsafelyUnwrapped)
    }
    return failure == 0 ? set : CoreSet()
  }

  public mutating func insert(_ core: Core) {
    precondition(core.index >= 0)
    precondition(core.index < words.count * 64)
    words[core.index / 64] |= 1 << UInt64(core.index % 64)
  }

  public mutating func remove(_ core: Core) {
    if contains(core) { words[core.index / 64] &= ~(1 << UInt64(core.index % 64)) }
  }

  /// Confines the calling thread, and every thread it starts from now on that asks for no core, to
  /// this set; 0 or an errno (EINVAL: none of these cores is ours).
  public func confineCurrentThread() -> Int32 {
    _ = Self.allowed
    // SAFETY: the buffer has the 16 words the call reads.
    return unsafe words.withUnsafeBufferPointer { words in
      unsafe causeway_set_affinity_words(words.baseAddress.unsafelyUnwrapped)
    }
  }

  public func contains(_ core: Core) -> Bool {
    guard core.index >= 0 && core.index < words.count * 64 else { return false }
    return words[core.index / 64] >> UInt64(core.index % 64) & 1 == 1
  }

  public var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

  /// Ascending.
  public var cores: [Core] { (0..<words.count * 64).map { Core($0) }.filter(contains) }

  /// The kernel's notation: `0-3,8`.
  public var description: String {
    var parts: [String] = []
    var rest = cores[...]
    while let first = rest.popFirst() {
      var last = first
      while let next = rest.first, next.index == last.index + 1 { last = rest.removeFirst() }
      parts.append(first == last ? "\(first.index)" : "\(first.index)-\(last.index)")
    }
    return parts.joined(separator: ",")
  }
}

/// How to meet a wish the machine may refuse.
public enum Demand: Sendable, Equatable {
  /// Refusal is an error.
  case required
  /// Refusal falls back to the ordinary, and is reported.
  case preferred
}
