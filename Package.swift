// swift-tools-version: 6.2
// The drawing of the house and its law: a module may import only from lower floors.
//
// Environment (part of SwiftPM's manifest cache key, hence never detected):
//   CAUSEWAY_MARCH=x86-64-v3   CPU level of every module, C and Swift alike
//   CAUSEWAY_DPDK=0            leave DPDK out: CDpdk then answers "not built in"
//   CAUSEWAY_JEMALLOC=0        leave jemalloc out (sanitizer builds)
//   CAUSEWAY_CHECKS=1          compile the invariant walks (checkInvariants) into every module
//   CAUSEWAY_ONLY=A,B          only modules A and B, what they import, and their tests;
//                              also the name of an extra test target, as AllocationTests
import Foundation
import PackageDescription

let environment = Context.environment
let march = "-march=" + (environment["CAUSEWAY_MARCH"] ?? "x86-64-v3")
let dpdk = environment["CAUSEWAY_DPDK"] != "0"
let jemalloc = environment["CAUSEWAY_JEMALLOC"] != "0"
let checks = environment["CAUSEWAY_CHECKS"] == "1"
let only = environment["CAUSEWAY_ONLY"].map { Set($0.split(separator: ",").map(String.init)) }

struct Module {
  let name: String
  var uses: [String] = []
  var products: [String] = []
  /// More words for the compiler.
  var flags: [String] = []
}

// MARK: The drawing

let ground = [
  "CMachine", "CSockets", "CDpdk", "CNuma", "CJemalloc", "CBook", "CSecp256k1", "CZstd",
]

let floors: [[Module]] = [
  // Floor 1, machine: no word of the trade here.
  [
    // cores, memory regions, clocks, threads, datagrams
    Module(name: "Hardware", uses: ["CMachine", "CNuma"]),
    // containers that never allocate after init
    Module(name: "FixedContainers", uses: ["CMachine"]),
  ],
  // Floor 2, language.
  [
    // the words of the venue as exact bytes: commands, events, reject reasons
    Module(name: "VenueTypes"),
    // values, implied volatility, Greeks; the same bits on every machine
    Module(name: "Pricing", uses: ["CMachine", "FixedContainers"]),
    // Keccak-256, SHA-256, HMAC, HKDF, SipHash, CRC32C
    // (rotations of one state put together into vectors take twice as long with 512-bit registers)
    Module(name: "Hashing", uses: ["CMachine"], flags: ["-Xllvm", "-vectorize-slp=false"]),
  ],
  // Floor 3, kernels: one data structure or one algorithm each; pure.
  [
    // price-time priority
    Module(name: "Matching", uses: ["FixedContainers", "VenueTypes"]),
    // worst scenario loss of every account, open orders included; integers only
    Module(name: "Margining", uses: ["CMachine", "Pricing", "FixedContainers", "VenueTypes"]),
    // messages as views over bytes
    Module(name: "WireProtocol", uses: ["VenueTypes"]),
    // who signed what: ECDSA on secp256k1 over Keccak-256
    Module(name: "Signing", uses: ["Hashing", "CSecp256k1"]),
    // the state tree, its proofs, the chain of receipts, batch headers
    Module(name: "StateCommitments", uses: ["Hashing", "FixedContainers"]),
    // models, volatility surfaces and calibration: analytics that never enter committed state
    Module(name: "Modelling", uses: ["Pricing"]),
  ],
  // Floor 4, core: deterministic; no clock, no I/O, no randomness.
  [
    // apply one command, emit its events
    Module(
      name: "VenueCore",
      uses: ["Matching", "Margining", "Pricing", "FixedContainers", "VenueTypes", "CMachine"]),
    // what is committed and published: batches, their octets, what an account may take out
    Module(
      name: "Settlement",
      uses: ["StateCommitments", "Hashing", "VenueTypes", "FixedContainers"]),
  ],
  // Floor 5, services: own a thread, a file or a socket; wired by rings on the roof.
  [
    // a port: memory, kernel UDP, DPDK, pcap, lossy
    Module(
      name: "Transport",
      uses: ["Hardware", "FixedContainers", "CSockets", "CDpdk", "CMachine"]),
    // sessions, authentication, decoding into commands, encoding of events
    Module(
      name: "OrderEntry",
      uses: ["WireProtocol", "VenueTypes", "Hashing", "Hardware", "FixedContainers"]),
    // the one thread that numbers and applies
    Module(
      name: "Sequencing",
      uses: ["VenueCore", "VenueTypes", "Hardware", "FixedContainers", "CMachine"]),
    // append, group commit, recovery
    Module(
      name: "Journaling", uses: ["VenueTypes", "Hashing", "Hardware", "FixedContainers"]),
    // signed index prices from a socket become commands
    Module(
      name: "OracleFeed",
      uses: [
        "Signing", "Hashing", "VenueTypes", "Hardware", "FixedContainers",
      ]),
    // a node of the base chain: transactions out, events in
    Module(name: "ChainAccess", uses: ["Signing", "Hashing"]),
    // batches where anybody can fetch them: folder, committee, calldata, blobs; replay from there
    Module(
      name: "DataAvailability", uses: ["Settlement", "Signing", "Hashing", "CZstd"]),
  ],
  // Roof: the program, and the books as a library.
  [
    // the functions of causeway_book.h: `libcauseway-book.so`
    Module(
      name: "BookInterface",
      uses: ["Matching", "FixedContainers", "VenueTypes", "CMachine", "CBook"]),
    Module(
      name: "causeway",
      uses: [
        "Transport", "OrderEntry", "Sequencing", "Journaling", "VenueCore", "Matching",
        "WireProtocol", "VenueTypes", "Hashing", "Hardware", "FixedContainers", "CMachine",
        "Pricing", "Margining", "Modelling", "Signing", "OracleFeed", "ChainAccess",
        "StateCommitments", "Settlement", "DataAvailability",
      ] + (jemalloc ? ["CJemalloc"] : []),
      products: ["ArgumentParser", "TOMLKit", "Histogram", "Logging", "FlyingFox"]),
  ],
]

/// Test targets beyond one `XTests` per module: name and what it imports.
let extraTests: [Module] = [
  // the shape of the source text itself
  Module(name: "TidyTests"),
  // nothing is allocated on the hot threads; own process, own counter
  Module(
    name: "AllocationTests",
    uses: [
      "TestSupport", "CMachine", "Hardware", "FixedContainers", "VenueTypes", "Matching",
      "VenueCore", "Sequencing", "OrderEntry", "WireProtocol", "Transport", "Hashing",
      "Journaling", "BookInterface", "CBook", "Pricing", "Margining",
    ] + (jemalloc ? ["CJemalloc"] : [])),
]
/// What tests of several modules share: naive twins, seeds, fakes.
let testSupport = Module(name: "TestSupport", uses: ["VenueTypes"])

let packages: [String: (package: String, url: String, version: Version)] = [
  "ArgumentParser": (
    "swift-argument-parser", "https://github.com/apple/swift-argument-parser", "1.8.2"
  ),
  "TOMLKit": ("TOMLKit", "https://github.com/LebJe/TOMLKit", "0.6.0"),
  "Histogram": (
    "hdrhistogram-swift", "https://github.com/HdrHistogram/hdrhistogram-swift", "0.2.0"
  ),
  "Logging": ("swift-log", "https://github.com/apple/swift-log", "1.16.2"),
  "FlyingFox": ("FlyingFox", "https://github.com/swhitty/FlyingFox", "0.27.1"),
]

// MARK: The law

func refuse(_ message: String) -> Never {  // `precondition` would print a page of backtrace
  FileHandle.standardError.write(Data("Package.swift: \(message)\n".utf8))
  exit(1)
}

var below = Set(ground)
for floor in floors {
  for module in floor {
    for use in module.uses where !below.contains(use) {
      refuse("\(module.name) may not import \(use): it is not on a lower floor.")
    }
  }
  below.formUnion(floor.map(\.name))
}

// MARK: Targets

let cSettings: [CSetting] = [
  .unsafeFlags([march, "-O3", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE"])
]
let dpdkSettings: [CSetting] = [
  .define("CAUSEWAY_WITH_DPDK"),
  .unsafeFlags([
    "-I/usr/include/dpdk", "-I/usr/include/x86_64-linux-gnu/dpdk", march, "-O3", "-Wall",
    "-Wextra", "-Werror", "-Wno-unused-parameter", "-D_GNU_SOURCE", "-include", "rte_config.h",
  ]),
]
let dpdkLibraries = [
  "rte_eal", "rte_ethdev", "rte_mbuf", "rte_mempool", "rte_ring", "rte_net_ring", "rte_bus_vdev",
]
let swiftSettings: [SwiftSetting] =
  [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableExperimentalFeature("Lifetimes"),
    // Without the second flag a vector square root is eight calls (it might set errno).
    .unsafeFlags(["-Xcc", march, "-Xcc", "-fno-math-errno"]),
  ] + (checks ? [.define("CAUSEWAY_CHECKS")] : [])
// Macros of Swift Testing expand to code without `unsafe`: tests are exempt from that rule alone.
let testSettings: [SwiftSetting] =
  [
    .swiftLanguageMode(.v6), .enableExperimentalFeature("Lifetimes"),
    .unsafeFlags(["-Xcc", march, "-Xcc", "-fno-math-errno"]),
  ] + (checks ? [.define("CAUSEWAY_CHECKS")] : [])
  + (jemalloc ? [.define("CAUSEWAY_WITH_JEMALLOC")] : [])

let modules = floors.flatMap { $0 }
var wanted = Set(modules.map(\.name))
if let only {
  let named = extraTests.filter { only.contains($0.name) }
  for name in only where !wanted.contains(name) && !named.contains(where: { $0.name == name }) {
    refuse("CAUSEWAY_ONLY names \(name), which is neither a module nor an extra test.")
  }
  wanted = only.intersection(wanted).union(testSupport.uses)
  for test in named { wanted.formUnion(test.uses.filter { $0 != testSupport.name }) }
  for floor in floors.reversed() {
    for module in floor where wanted.contains(module.name) { wanted.formUnion(module.uses) }
  }
  wanted.subtract(ground)
}

/// Folders of a module that are no source of its own.
let excluded = ["WireProtocol": ["Schemas"], "BookInterface": ["Examples", "exports.map"]]

func dependencies(of module: Module) -> [Target.Dependency] {
  module.uses.map { .init(stringLiteral: $0) }
    + module.products.compactMap { product in
      packages[product].map { .product(name: product, package: $0.package) }
    }
}

var targets: [Target] = [
  .target(name: "CMachine", path: "CShims/CMachine", cSettings: cSettings),
  .target(name: "CSockets", path: "CShims/CSockets", cSettings: cSettings),
  .target(
    name: "CDpdk", path: "CShims/CDpdk", cSettings: dpdk ? dpdkSettings : cSettings,
    linkerSettings: dpdk ? dpdkLibraries.map { .linkedLibrary($0) } : []),
  .target(
    name: "CNuma", path: "CShims/CNuma", cSettings: cSettings,
    linkerSettings: [.linkedLibrary("numa")]),
  .target(name: "CBook", path: "CShims/CBook", cSettings: cSettings),
  .systemLibrary(name: "CSecp256k1", path: "CShims/CSecp256k1"),
  .systemLibrary(name: "CZstd", path: "CShims/CZstd"),
]
if jemalloc { targets.append(.systemLibrary(name: "CJemalloc", path: "CShims/CJemalloc")) }
for module in modules where wanted.contains(module.name) {
  if module.name == "causeway" {
    targets.append(
      .executableTarget(
        name: module.name, dependencies: dependencies(of: module),
        swiftSettings: swiftSettings
          + (jemalloc ? [.define("CAUSEWAY_WITH_JEMALLOC")] : [])))
  } else {
    targets.append(
      .target(
        name: module.name, dependencies: dependencies(of: module),
        exclude: excluded[module.name] ?? [],
        swiftSettings: swiftSettings
          + (module.flags.isEmpty ? [] : [.unsafeFlags(module.flags)])))
  }
}
targets.append(
  .target(
    name: testSupport.name, dependencies: dependencies(of: testSupport),
    path: "Tests/TestSupport", swiftSettings: testSettings))
/// What tests of a module import beyond what it does: risk tables to flood a sequencer with.
let testUses = ["Sequencing": ["Pricing"]]
let withVectors = [
  "Hashing", "WireProtocol", "Pricing", "Modelling", "ChainAccess", "Settlement",
]
for module in modules where only?.contains(module.name) ?? true {
  let uses =
    [module.name, testSupport.name]
    + module.uses.filter { $0 != "CJemalloc" } + (testUses[module.name] ?? [])
  targets.append(
    .testTarget(
      name: module.name.prefix(1).uppercased() + module.name.dropFirst() + "Tests",
      dependencies: uses.map { .init(stringLiteral: $0) },
      exclude: withVectors.contains(module.name) ? ["Vectors"] : [],
      swiftSettings: testSettings))
}
for module in extraTests
where only?.contains(module.name) ?? true || module.uses.isEmpty {
  targets.append(
    .testTarget(
      name: module.name, dependencies: dependencies(of: module), swiftSettings: testSettings))
}

var products: [Product] = [
  // What the nested package `Benchmarks` measures.
  .library(
    name: "CausewayKernels",
    targets: [
      "CMachine", "Hardware", "FixedContainers", "VenueTypes", "Pricing", "Hashing", "Matching",
      "WireProtocol", "VenueCore", "OrderEntry", "Sequencing", "Modelling", "Margining",
      "StateCommitments",
    ].filter { ground.contains($0) || wanted.contains($0) })
]
if wanted.contains("BookInterface") {
  products.append(
    .library(name: "causeway-book", type: .dynamic, targets: ["BookInterface"]))
}
if wanted.contains("causeway") {
  products.append(.executable(name: "causeway", targets: ["causeway"]))
}

let package = Package(
  name: "causeway",
  products: products,
  dependencies: Set(
    modules.filter { wanted.contains($0.name) }.flatMap(\.products)
  ).sorted().compactMap { name in
    packages[name].map { .package(url: $0.url, exact: $0.version) }
  },
  targets: targets)
