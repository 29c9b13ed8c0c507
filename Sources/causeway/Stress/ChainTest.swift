import Foundation
import Margining
import Pricing
import VenueTypes

/// Whether a structure of listed options hides between the nodes of the scan (PM-3).
///
/// For structures at neighbouring strikes of every expiry of a chain: the scan of the venue's
/// engine beside the loss on a grid of moves over ±R, in the same three states of volatility, by
/// Black-76 alone: every ten basis points, and every one around the worst. Expiries up to 35 days.
struct ChainTest {
  static let lotSize = 0.01
  static let legLots: Int64 = 100

  /// One family of structures in one band of expiries, over all snapshots.
  struct Row: Encodable, Equatable {
    var family: String
    /// `up to 7 d` or `beyond`.
    var expiries: String
    var structures = 0
    /// Structures whose dense loss exceeds the scan by more than 1 %.
    var short = 0
    /// Smallest and median scan, as a share of the dense loss.
    var leastShare = Double.infinity
    var medianShare = 0.0
    /// The same of a scan without strike nodes.
    var leastWithout = Double.infinity
    var medianWithout = 0.0
    /// Structures whose dense loss exceeds the whole initial margin, and its least share.
    var uncovered = 0
    var leastInitial = Double.infinity
  }

  /// Structures at strikes i, i + 1, i + 2 (…) with their lots.
  static let families: [(name: String, lots: [Int64])] = [
    ("short butterfly", [-1, 2, -1]), ("short condor", [-1, 1, 1, -1]),
    ("ratio, short one", [1, -2]), ("short vertical", [-1, 1]), ("naked short", [-1]),
  ]

  private var shares: [String: [Shares]] = [:]

  /// Of the dense loss.
  private struct Shares {
    var with: Double
    var without: Double
    var initial: Double
  }

  /// Takes in the structures of one snapshot.
  mutating func take(_ snapshot: ChainSnapshot, sheet: ScenarioSheet) throws {
    var bare = sheet
    bare.nodesMax = 0
    bare.nodeDaysMax = 0
    let with = try ChainScan(snapshot, sheet: sheet)
    let without = try ChainScan(snapshot, sheet: bare)
    for expiry in snapshot.expiries.indices
    where snapshot.expiries[expiry].secondsLeft <= 35 * 86_400 {
      let near = snapshot.expiries[expiry].secondsLeft <= sheet.nodeDaysMax * 86_400
      let forward = snapshot.expiries[expiry].forward
      let calls = snapshot.options.indices.filter {
        let option = snapshot.options[$0]
        return option.expiry == expiry && option.kind == .call
          && abs(option.strike / forward - 1) <= sheet.range
      }.sorted { snapshot.options[$0].strike < snapshot.options[$1].strike }
      for family in Self.families {
        for first in calls.indices {
          guard first + family.lots.count <= calls.count else { break }
          let chosen = Array(calls[first..<first + family.lots.count])
          guard Self.isEven(chosen.map { snapshot.options[$0].strike }) else { continue }
          let legs = zip(chosen, family.lots).map { ($0.0, $0.1 * Self.legLots) }
          let dense = DenseGrid(sheet: sheet).loss(snapshot, legs)
          // Worth less than a dollar a lot of 100: nothing that could hide.
          guard dense > 1 else { continue }
          let scan = try with.report(legs)
          let bare = try without.report(legs)
          shares["\(family.name)|\(near ? "up to 7 d" : "beyond")", default: []].append(
            Shares(
              with: Double(scan.scan) / 1e6 / dense, without: Double(bare.scan) / 1e6 / dense,
              initial: Double(scan.requirement) / 1e6 / dense))
        }
      }
    }
  }

  private static func isEven(_ strikes: [Double]) -> Bool {
    guard strikes.count > 2 else { return true }
    let step = strikes[1] - strikes[0]
    return zip(strikes, strikes.dropFirst()).allSatisfy { abs($1 - $0 - step) < 1e-6 * step }
  }

  func rows() -> [Row] {
    shares.sorted { $0.key < $1.key }.map { key, values in
      let parts = key.split(separator: "|").map(String.init)
      let with = values.map(\.with).sorted()
      let without = values.map(\.without).sorted()
      return Row(
        family: parts[0], expiries: parts[1], structures: values.count,
        short: with.count { $0 < 1 / 1.01 }, leastShare: with[0],
        medianShare: with[with.count / 2], leastWithout: without[0],
        medianWithout: without[without.count / 2], uncovered: values.count { $0.initial < 1 },
        leastInitial: values.map(\.initial).min() ?? 0)
    }
  }
}

/// A chain's risk table, and an engine to ask for the scan of a structure.
final class ChainScan {
  private let buffer: RiskTableBuffer
  private let table: RiskTable

  init(_ snapshot: ChainSnapshot, sheet: ScenarioSheet) throws {
    buffer = RiskTableBuffer(
      limits: RiskTableLimits(
        instrumentsMax: UInt32(snapshot.options.count), underlyingsMax: 1))
    let (underlying, instruments) = snapshot.inputs(sheet: sheet)
    table = try RiskTableBuilder(buffer: buffer).compute(
      half: 0, number: 1, underlyings: [underlying], instruments: instruments)
  }

  /// Initial margin part by part. Legs name places in the snapshot's options, with signed lots.
  func report(_ legs: [(Int, Int64)]) throws -> MarginReport {
    var engine = PortfolioMargin(
      limits: MarginLimits(accountsMax: 1, slotsMax: 16, cellsMax: 1, groupsMax: 1), table: table)
    for (place, lots) in legs {
      let instrument = UInt32(place + 1)
      let outcome = engine.transfer(0, instrument, lots: lots, price: table.mark(instrument))
      precondition(outcome.isAccepted, "a structure fits the engine")
    }
    return engine.report(0, underlying: 0, initial: true) ?? MarginReport()
  }
}

/// Loss of a structure on a grid of moves one basis point apart, by Black-76.
struct DenseGrid {
  let sheet: ScenarioSheet

  /// USD, at least 0.
  func loss(_ snapshot: ChainSnapshot, _ legs: [(Int, Int64)]) -> Double {
    let steps = Int((sheet.range * 10_000).rounded())
    var worst = 0.0
    for state in 0..<3 {
      let terms = legs.map { place, lots in
        term(snapshot, snapshot.options[place], Double(lots) * ChainTest.lotSize, state)
      }
      let mark = legs.reduce(0.0) {
        let option = snapshot.options[$1.0]
        let same = term(snapshot, option, Double($1.1) * ChainTest.lotSize, 0)
        return $0 + same.value(move: 0)
      }
      func loss(_ step: Int) -> Double {
        terms.reduce(mark) { $0 - $1.value(move: Double(step) / 10_000) }
      }
      // Ten basis points first, then each one around the worst of them.
      let coarse = stride(from: -steps, through: steps, by: 10).max { loss($0) < loss($1) } ?? 0
      for step in max(-steps, coarse - 10)...min(steps, coarse + 10) {
        worst = max(worst, loss(step))
      }
    }
    return worst
  }

  private struct Term {
    var units: Double
    var forward: Double
    var strike: Double
    var deviation: Double

    /// Of calls, undiscounted.
    func value(move: Double) -> Double {
      let moved = forward * (1 + move)
      let upper = log(moved / strike) / deviation + deviation / 2
      func normal(_ x: Double) -> Double { 0.5 * erfc(-x / 2.0.squareRoot()) }
      return units * (moved * normal(upper) - strike * normal(upper - deviation))
    }
  }

  private func term(
    _ snapshot: ChainSnapshot, _ option: ChainSnapshot.Option, _ units: Double, _ state: Int
  ) -> Term {
    let expiry = snapshot.expiries[option.expiry]
    let days = expiry.secondsLeft / 86_400
    let power = days < 30 ? sheet.shortPower : sheet.longPower
    let factor = pow(30 / max(days, sheet.daysFloor), power)
    let volatility =
      switch state {
      case 1: option.volatility * max(0, 1 - sheet.volatilityDown * factor)
      case 2: max(sheet.upVolatilityFloor, option.volatility * (1 + sheet.volatilityUp * factor))
      default: option.volatility
      }
    let left = state == 1 ? max(0, days - sheet.decayDays) : days
    return Term(
      units: units, forward: expiry.forward, strike: option.strike,
      deviation: max(1e-12, volatility * (left / 365).squareRoot()))
  }
}
