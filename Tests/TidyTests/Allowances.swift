/// The exceptions to the rules, each with its reason. None may grow; one that is not needed any
/// more fails the tests.
enum Allowances {
  static let files: [Allowance] = []

  static let functions: [Allowance] = []

  /// Files of hot modules that run only at start-up, at recovery or on an error: path and reason.
  static let coldFiles: [String: String] = [:]

  /// Files outside the pointer modules that touch memory by hand: path and reason.
  static let pointerFiles: [String: String] = [
    "Sources/Pricing/RiskTable/RiskTable.swift": "a view of the tables' memory, without counts",
    "Sources/Pricing/RiskTable/RiskTableWords.swift": "the same memory word by word, checked",
    "Sources/Margining/OrderPlace.swift": "an order's records where they stand, for one call",
    "Sources/OrderEntry/OrderEntryClient+Sending.swift": "hands a datagram's octets to the tag",
    "Sources/OrderEntry/SessionProofs.swift": "hands a datagram's octets to the keyed hashes",
  ]
}
