// swift-tools-version: 6.2
// Measurements of the hot modules, from outside: what a user of them gets. See README.md.
//
// Environment: CAUSEWAY_MARCH and CAUSEWAY_DPDK, as for the venue itself.
import PackageDescription

let environment = Context.environment
let march = "-march=" + (environment["CAUSEWAY_MARCH"] ?? "x86-64-v3")
let dpdk = environment["CAUSEWAY_DPDK"] != "0"

/// The flags of the venue's own C.
let cFlags = [march, "-O3", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE"]
let dpdkFlags = [
  "-I/usr/include/dpdk", "-I/usr/include/x86_64-linux-gnu/dpdk", "-Wno-unused-parameter",
  "-include", "rte_config.h",
]

let swiftSettings: [SwiftSetting] = [
  .swiftLanguageMode(.v6), .strictMemorySafety(), .treatAllWarnings(as: .error),
  .enableExperimentalFeature("Lifetimes"),
  .unsafeFlags(["-Xcc", march, "-Xcc", "-fno-math-errno"]),
]

let package = Package(
  name: "causeway-benchmarks",
  dependencies: [.package(name: "causeway", path: "..")],
  targets: [
    .target(
      name: "CCounterparts",
      cSettings: (dpdk ? [.define("CAUSEWAY_WITH_DPDK")] : [])
        + [.unsafeFlags(cFlags + (dpdk ? dpdkFlags : []))],
      linkerSettings: dpdk ? ["rte_ring", "rte_eal"].map { .linkedLibrary($0) } : []),
    .executableTarget(
      name: "causeway-bench",
      dependencies: [
        "Alternatives", "CCounterparts", .product(name: "CausewayKernels", package: "causeway"),
      ],
      swiftSettings: swiftSettings),
    // Designs that lost, kept so that nobody has to try them again.
    .target(
      name: "Alternatives",
      dependencies: [.product(name: "CausewayKernels", package: "causeway")],
      path: "Alternatives", exclude: ["README.md"],
      swiftSettings: swiftSettings + [.unsafeFlags(["-cross-module-optimization"])]),
  ])
