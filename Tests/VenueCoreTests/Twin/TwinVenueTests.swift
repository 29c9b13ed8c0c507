import Foundation
import TestSupport
import Testing
import VenueTypes

@testable import VenueCore

/// Goal: the venue does what its rules say, in any order of commands. Method: the same random
/// commands to it and to a naive twin; after every one of them both must have said and become the
/// same: every event with every field that a rule gives it; of every account, the venue's own
/// included, collateral, cost of futures, positions, equity, IM and MM; step of liquidation; money
/// seen, paid and waiting, withdrawal factors; books; feeds; windows; funding; paths; statuses.
///
/// Prints its seeds. With CAUSEWAY_SLOW=1 sixty longer scripts, which reach every step of the
/// waterfall, and what came of each by kind of event.
///
/// Input to both: the numbers of the risk table (exotics are valued there as Europeans), and the
/// order in which the venue walks positions. The order of lines of one transfer is not compared,
/// nor which scenario a reject for margin names.
///
/// Not in the scripts: mass quotes and protection groups (they have a model of their own), a table
/// without an instrument that somebody holds, and sums beyond what margin counts.
@Suite struct TwinVenueTests {
  static let isSlow = ProcessInfo.processInfo.environment["CAUSEWAY_SLOW"] == "1"
  static let seeds: [UInt64] = isSlow ? Array(1...60) : [1, 2, 3]

  @Test(arguments: seeds)
  func `random commands leave the venue where they leave its twin`(seed: UInt64) {
    var world = TwinWorld(seed: seed)
    print("twin, seed \(seed)")
    var steps = 0
    while steps < (Self.isSlow ? 4_000 : 1_200), world.difference == nil {
      world.step()
      steps += 1
    }
    #expect(world.difference == nil, "\(world.difference ?? "")")
    if Self.isSlow {
      print("seed \(seed): \(world.sequence) commands, \(world.seen.sorted { $0.key < $1.key })")
    }
  }
}
