import FixedContainers

/// The positions of many portfolios in the order in which a run over all of them is fastest.
///
/// A total needs a row of 256 octets a position. A whole chain of rows does not fit the first
/// cache, and fetching them from the second takes more than twice as long as multiplying them. So
/// rows are taken in tiles that fit, and for each tile all portfolios' positions in it, portfolio
/// by portfolio: a row comes from the second cache once a run and not once a position. Positions
/// stay laid out while prices move; `setLots` follows a trade in what a portfolio holds already.
///
/// Memory: 16 octets a position, 4 a portfolio and tile of `rowsPerTile` instruments. All taken in
/// `init`.
@safe
public struct PositionTiles: ~Copyable, Sendable {
  /// Three quarters of a first cache of 32 KiB; the rest is for totals, and for the positions.
  public static var rowsPerTile: Int { 96 }

  public let portfoliosMax: Int
  public let positionsMax: Int
  public let instrumentsMax: UInt32
  public private(set) var portfolioCount = 0
  public private(set) var positionCount = 0
  let tileCount: Int
  /// Where the positions of portfolio p in tile t end: at t·`portfolioCount` + p.
  var ends: FixedArray<UInt32>
  var instruments: FixedArray<UInt32>
  var lots: FixedArray<Double>
  /// Where the positions stand, in the order they were given.
  private var places: FixedArray<UInt32>

  /// Without portfolios. `positionsMax` is over all of them, and below 2^32.
  public init(portfoliosMax: Int, positionsMax: Int, instrumentsMax: UInt32) {
    precondition(portfoliosMax >= 0 && positionsMax >= 0, "sizes out of range")
    precondition(positionsMax <= Int(UInt32.max), "sizes out of range")
    self.portfoliosMax = portfoliosMax
    self.positionsMax = positionsMax
    self.instrumentsMax = instrumentsMax
    tileCount = Int(instrumentsMax) / Self.rowsPerTile + 1
    ends = FixedArray(zeroed: tileCount * portfoliosMax)
    instruments = FixedArray(zeroed: positionsMax)
    lots = FixedArray(zeroed: positionsMax)
    places = FixedArray(zeroed: positionsMax)
  }

  /// Takes all positions anew: `lots[i]` of `instruments[i]`, the first portfolio's up to
  /// `portfolioEnds[0]`, the second's from there to `portfolioEnds[1]`, and so on. An instrument
  /// may come twice in a portfolio. Two passes over the positions; allocates nothing.
  ///
  /// More than there is room for, an instrument above `instrumentsMax`, and ends that fall or do
  /// not end with the last position stop the process.
  public mutating func load(
    instruments: borrowing Span<UInt32>, lots: borrowing Span<Double>,
    portfolioEnds: borrowing Span<Int>
  ) {
    precondition(instruments.count == lots.count, "each instrument has its lots")
    precondition(instruments.count <= positionsMax, "room for every position")
    precondition(portfolioEnds.count <= portfoliosMax, "room for every portfolio")
    portfolioCount = portfolioEnds.count
    positionCount = instruments.count
    ends.fill(0..<tileCount * portfolioCount, with: 0)
    var first = 0
    for portfolio in 0..<portfolioCount {
      let end = portfolioEnds[portfolio]
      precondition(end >= first && end <= positionCount, "portfolios follow each other")
      for position in first..<end {
        precondition(instruments[position] <= instrumentsMax, "no such instrument")
        ends[run(portfolio, instruments[position])] &+= 1
      }
      first = end
    }
    precondition(first == positionCount, "every position is a portfolio's")
    // Counts become beginnings; each position then moves its run's beginning on, to its end.
    var sum: UInt32 = 0
    for run in 0..<tileCount * portfolioCount {
      let count = ends[run]
      ends[run] = sum
      sum &+= count
    }
    first = 0
    for portfolio in 0..<portfolioCount {
      for position in first..<portfolioEnds[portfolio] {
        let run = run(portfolio, instruments[position])
        let place = Int(ends[run])
        ends[run] &+= 1
        self.instruments[place] = instruments[position]
        self.lots[place] = lots[position]
        places[position] = UInt32(truncatingIfNeeded: place)
      }
      first = portfolioEnds[portfolio]
    }
  }

  /// Gives position `position`, as `load` was given it, other lots.
  public mutating func setLots(_ lots: Double, of position: Int) {
    precondition(position >= 0 && position < positionCount, "no such position")
    self.lots[Int(places[position])] = lots
  }

  private func run(_ portfolio: Int, _ instrument: UInt32) -> Int {
    Int(instrument) / Self.rowsPerTile &* portfolioCount &+ portfolio
  }
}
