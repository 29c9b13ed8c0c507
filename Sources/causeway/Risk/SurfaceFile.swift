import Foundation
import Modelling

/// The volatility surface of an underlying in a file that `causeway calibrate --json` wrote, and
/// how it is kept up to date.
///
/// Read anew when the file's time or size has changed. A file that cannot be read, is refused by
/// its own calibration, or gives no usable volatility leaves the last good one in force.
struct SurfaceFile: Sendable {
  let path: String
  private(set) var surface: Surface?
  private var seen: Stamp?

  private struct Stamp: Equatable, Sendable {
    let time: Date
    let size: Int
  }

  /// - Parameter path: the file, which need not be there yet.
  init(path: String) { self.path = path }

  /// Looks at the file; the reason why it was not taken, once for each change.
  mutating func refresh() -> String? {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    let stamp = Stamp(
      time: attributes?[.modificationDate] as? Date ?? .distantPast,
      size: (attributes?[.size] as? NSNumber)?.intValue ?? -1)
    guard stamp != seen else { return nil }
    seen = stamp
    guard let data = FileManager.default.contents(atPath: path) else {
      return "\(path): cannot be read; the last surface stays in force"
    }
    do {
      surface = try Surface(json: data)
      return nil
    } catch {
      return "\(path): \(error.reason); the last surface stays in force"
    }
  }

  struct Refusal: Error { let reason: String }

  /// Smiles by years to expiry; between two, total variance is linear in time at equal moneyness.
  struct Surface: Sendable, Equatable {
    /// Nearest first.
    private let smiles: [Smile]

    private struct Smile: Equatable, Sendable {
      let years: Double
      let curve: RawSVI
    }

    /// - Throws: why no surface can be made of it.
    init(json: Data) throws(Refusal) {
      let report: Report
      do {
        report = try JSONDecoder().decode(Report.self, from: json)
      } catch {
        throw Refusal(reason: "is not what causeway calibrate --json writes")
      }
      guard report.surfaces.count == 1, let found = report.surfaces.first else {
        throw Refusal(reason: "holds \(report.surfaces.count) surfaces; give one to each file")
      }
      guard found.activated else {
        throw Refusal(reason: "failed its no-arbitrage check: \(found.violation ?? "?")")
      }
      var smiles: [Smile] = []
      for expiry in found.expiries {
        guard expiry.days > 0, let curve = try? Self.curve(expiry, of: found) else {
          throw Refusal(reason: "has no usable smile at \(expiry.days) days")
        }
        smiles.append(Smile(years: expiry.days / 365, curve: curve))
      }
      guard !smiles.isEmpty else { throw Refusal(reason: "has no expiry") }
      self.smiles = smiles.sorted { $0.years < $1.years }
    }

    private static func curve(_ expiry: Report.Expiry, of found: Report.Surface) throws -> RawSVI {
      func number(_ values: [String: Double], _ name: String) throws -> Double {
        guard let value = values[name] else { throw Refusal(reason: name) }
        return value
      }
      let own = expiry.parameters
      guard found.model == "ssvi" else {
        return try RawSVI(
          a: number(own, "a"), b: number(own, "b"), rho: number(own, "rho"), m: number(own, "m"),
          s: number(own, "s"))
      }
      let surface = try SurfaceSVI(
        rho: number(found.parameters, "rho"), eta: number(found.parameters, "eta"),
        gamma: number(found.parameters, "gamma"))
      return try surface.slice(theta: number(own, "theta"))
    }

    /// Volatility a year, between 1 % and 500 %; before the first smile and behind the last that
    /// smile's own. Nil at the expiry, or where a smile is without a value.
    func volatility(moneyness: Double, years: Double) -> Double? {
      guard years > 0, moneyness.isFinite, let first = smiles.first, let last = smiles.last else {
        return nil
      }
      let variance: Double
      if years <= first.years {
        variance = first.curve.totalVariance(moneyness) / first.years
      } else if years >= last.years {
        variance = last.curve.totalVariance(moneyness) / last.years
      } else {
        let place = smiles.firstIndex { $0.years > years } ?? smiles.count - 1
        let (near, far) = (smiles[place - 1], smiles[place])
        let share = (years - near.years) / (far.years - near.years)
        variance =
          ((1 - share) * near.curve.totalVariance(moneyness)
            + share * far.curve.totalVariance(moneyness)) / years
      }
      guard variance > 0, variance.isFinite else { return nil }
      return min(5, max(0.01, variance.squareRoot()))
    }
  }

  /// What is read of the calibration's report.
  private struct Report: Decodable {
    struct Expiry: Decodable {
      let days: Double
      let parameters: [String: Double]
    }
    struct Surface: Decodable {
      let model: String
      let parameters: [String: Double]
      let expiries: [Expiry]
      let activated: Bool
      let violation: String?
    }
    let surfaces: [Surface]
  }
}
