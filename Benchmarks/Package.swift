// swift-tools-version: 6.2
// Measurements of the hot modules, from outside: what a user of them gets. See README.md.
import PackageDescription

let environment = Context.environment
let march = "-march=" + (environment["CAUSEWAY_MARCH"] ?? "x86-64-v3")

let package = Package(
  name: "causeway-benchmarks",
  dependencies: [.package(name: "causeway", path: "..")],
  targets: [
    .executableTarget(
      name: "causeway-bench",
      dependencies: [.product(name: "CausewayKernels", package: "causeway")],
      swiftSettings: [
        .swiftLanguageMode(.v6), .strictMemorySafety(), .treatAllWarnings(as: .error),
        .enableExperimentalFeature("Lifetimes"), .unsafeFlags(["-Xcc", march]),
      ])
  ])
