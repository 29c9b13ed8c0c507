import Foundation

/// Which role runs on which core and how it waits: one file of `tuning/profiles`.
struct TuningProfile: Equatable {
  enum Idle: Equatable { case spin, backoff, sleep }
  enum Wish: Equatable { case off, preferred, required }

  /// One role's thread.
  struct Placement: Equatable {
    /// −1: wherever the kernel likes.
    var core: Int
    var idle: Idle
    var spinNanoseconds: Int
    var sleepNanoseconds: Int
    /// 0: the ordinary scheduler; 1–99: SCHED_FIFO.
    var fifoPriority: Int
    /// A system call on this thread ends the process.
    var isSealed: Bool
  }

  var name: String
  var gateway: Placement
  var sequencer: Placement
  var journal: Placement
  /// Computes risk tables: low rate, allocates.
  var risk: Placement
  /// Follows the venue and commits to its state: behind everything else.
  var commitment: Placement
  /// Takes signed index prices; waits in the kernel.
  var oracle: Placement
  var lockMemory: Wish
  var placement: Wish
}

extension TuningProfile {
  init(source: TOMLSource) throws {
    let root = source.section
    name = try root.string("name")
    gateway = try Self.placement(root, "gateway", idle: "backoff", maySeal: false)
    sequencer = try Self.placement(root, "sequencer", idle: "spin", maySeal: true)
    journal = try Self.placement(root, "journal", idle: "sleep", maySeal: false)
    risk = try Self.placement(root, "risk", idle: "sleep", maySeal: false)
    commitment = try Self.placement(root, "commitment", idle: "sleep", maySeal: false)
    oracle = try Self.kernelPlacement(root, "oracle")
    let memory = try root.section("memory")
    lockMemory = try memory.choice("lock", Self.wishes, default: "preferred")
    try memory.finish()
    let placement = try root.section("placement")
    self.placement = try placement.choice(
      "policy", [("preferred", .preferred), ("required", .required)], default: "preferred")
    try placement.finish()
    try root.finish()
  }

  private static let wishes: [(String, Wish)] = [
    ("off", .off), ("preferred", .preferred), ("required", .required),
  ]

  private static func placement(
    _ root: TOMLSection, _ role: String, idle fallback: String, maySeal: Bool
  ) throws -> Placement {
    let section = try root.section(role)
    let idle: Idle = try section.choice(
      "idle", [("spin", .spin), ("backoff", .backoff), ("sleep", .sleep)], default: fallback)
    let placement = Placement(
      core: try section.integer("core", in: -1...1_023, default: -1), idle: idle,
      spinNanoseconds: try section.integer("spin_ns", in: 0...1_000_000_000, default: 20_000),
      sleepNanoseconds: try section.integer("sleep_ns", in: 1...1_000_000_000, default: 50_000),
      fifoPriority: try section.integer("fifo_priority", in: 0...99, default: 0),
      isSealed: maySeal ? try section.boolean("seal", default: false) : false)
    if placement.isSealed && idle != .spin {
      throw section.error(
        "seal", "needs idle = \"spin\": any other way of waiting calls the kernel")
    }
    try section.finish()
    return placement
  }

  /// The place of a thread that waits in the kernel: there is no other way to say.
  private static func kernelPlacement(_ root: TOMLSection, _ role: String) throws -> Placement {
    let section = try root.section(role)
    let placement = Placement(
      core: try section.integer("core", in: -1...1_023, default: -1), idle: .sleep,
      spinNanoseconds: 0, sleepNanoseconds: 1,
      fifoPriority: try section.integer("fifo_priority", in: 0...99, default: 0),
      isSealed: false)
    try section.finish()
    return placement
  }

  /// Roles that share a core must not spin, or the others starve: the warnings of a profile.
  var warnings: [String] {
    let roles = [
      ("gateway", gateway), ("sequencer", sequencer), ("journal", journal), ("risk", risk),
      ("commitment", commitment),
      ("oracle", oracle),
    ]
    return roles.flatMap { role, placement in
      roles.filter { $0.0 > role && placement.core >= 0 && $0.1.core == placement.core }
        .filter { $0.1.idle == .spin || placement.idle == .spin }
        .map { "profile \(name): \(role) and \($0.0) share core \(placement.core) and one spins" }
    }
  }

  /// The profile a name or path stands for: a file if there is one, else an embedded one.
  static func load(_ reference: String, relativeTo directory: String) throws -> TuningProfile {
    let path = reference.hasPrefix("/") ? reference : directory + "/" + reference
    for candidate in [path, reference] where FileManager.default.fileExists(atPath: candidate) {
      return try TuningProfile(source: TOMLSource(path: candidate))
    }
    if reference == "dev-2c" {
      return try TuningProfile(source: TOMLSource(file: "dev-2c", text: embeddedDev2c))
    }
    throw ConfigurationError(
      path, "is not there; give the path of a tuning profile, or \"dev-2c\" for the embedded one")
  }

  /// `tuning/profiles/dev-2c.toml`, for a program that is not run from its source folder.
  /// A test holds the two together.
  static let embeddedDev2c = """
    name = "dev-2c"
    [gateway]
    core = 1
    idle = "backoff"
    spin_ns = 20_000
    sleep_ns = 20_000
    fifo_priority = 0
    [sequencer]
    core = 0
    idle = "spin"
    fifo_priority = 0
    seal = true
    [journal]
    core = 1
    idle = "sleep"
    sleep_ns = 20_000
    fifo_priority = 0
    [risk]
    core = 1
    idle = "sleep"
    sleep_ns = 1_000_000
    fifo_priority = 0
    [commitment]
    core = 1
    idle = "sleep"
    sleep_ns = 1_000_000
    fifo_priority = 0
    [oracle]
    core = 1
    fifo_priority = 0
    [memory]
    lock = "preferred"
    [placement]
    policy = "preferred"
    """
}
