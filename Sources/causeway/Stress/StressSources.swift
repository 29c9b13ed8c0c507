import VenueTypes

/// Five sources that print both indexes: within 2 basis points of the market, and one print in two
/// hundred is nought, ten times too high, or late.
struct StressSources {
  static let count = 5
  private var numbers: [UInt32] = Array(repeating: 0, count: count)

  mutating func prints(_ index: [Double], _ time: UInt64, _ random: inout SplitMix) -> [Command] {
    var commands: [Command] = []
    for source in 0..<Self.count {
      for underlying in index.indices {
        numbers[source] &+= 1
        var print = Command(kind: .indexPrice)
        print.quantity = UInt32(underlying)
        print.selfMatchID = UInt32(source)
        let noise = 1 + (Double(random.below(401)) - 200) / 1e6
        print.price = Int64((index[underlying] * noise * 1e9).rounded())
        print.clientOrderID = 1_000_000_000
        print.auxiliary = time
        print.clientSequence = numbers[source]
        // The last source alone is unreliable: a minority.
        if source == Self.count - 1, random.chance(40) {
          switch random.below(3) {
          case 0: print.price = 0
          case 1: print.price &*= 10
          default: print.auxiliary -= 10_000_000_000
          }
        }
        commands.append(print)
      }
    }
    return commands
  }
}
