import Modelling

/// What `causeway calibrate` found, in the form of its JSON.
struct CalibrationReport: Encodable {
  struct Expiry: Encodable {
    let days: Double
    let twoSided: Int
    let within: Int
    /// Of the parametric smile before its correction; equal to `within` for other models.
    let withinSmile: Int
    /// Against the middle of bid and offer, weighted by vega.
    let rmsVolPoints: Double
    /// Against the venue's own mark.
    let rmsVolPointsToMark: Double
    let parameters: [String: Double]
    let correctionTerms: Int
  }

  struct Surface: Encodable {
    let chain: String
    let underlying: String
    let model: String
    let parameters: [String: Double]
    let expiries: [Expiry]
    /// Whether the surface passed its no-arbitrage check and may come into force.
    let activated: Bool
    let violation: String?
    let skipped: [String]
    let refusedRows: Int
  }

  var surfaces: [Surface] = []

  var twoSided: Int { surfaces.reduce(0) { $0 + $1.expiries.reduce(0) { $0 + $1.twoSided } } }
  var within: Int { surfaces.reduce(0) { $0 + $1.expiries.reduce(0) { $0 + $1.within } } }
  var withinSmile: Int {
    surfaces.reduce(0) { $0 + $1.expiries.reduce(0) { $0 + $1.withinSmile } }
  }
}

/// What is fitted to a chain.
enum CalibrationModel: String, CaseIterable {
  /// Raw SVI and a spline for each expiry.
  case smiles
  /// Power-law SSVI over all expiries.
  case ssvi
  /// Heston over all expiries.
  case heston

  /// Fits one underlying of a chain.
  ///
  /// - Throws: `ConfigurationError` when nothing can be fitted.
  func fit(
    _ underlying: OptionChain.Underlying, chain: String, refusedRows: Int
  ) throws(ConfigurationError) -> CalibrationReport.Surface {
    do throws(ModelError) {
      return switch self {
      case .smiles: try smiles(underlying, chain, refusedRows)
      case .ssvi: try ssvi(underlying, chain, refusedRows)
      case .heston: try heston(underlying, chain, refusedRows)
      }
    } catch {
      throw ConfigurationError("\(chain): \(underlying.name)", "cannot be fitted: \(error)")
    }
  }

  private func smiles(
    _ underlying: OptionChain.Underlying, _ chain: String, _ refusedRows: Int
  ) throws(ModelError) -> CalibrationReport.Surface {
    let fit = try SurfaceFit(underlying: underlying.name, expiries: underlying.expiries)
    var store = SurfaceStore()
    let alarm = store.activate(fit.surface)
    return CalibrationReport.Surface(
      chain: chain, underlying: underlying.name, model: rawValue, parameters: [:],
      expiries: fit.fits.map { fit in
        let smile = fit.slice.smile
        return Self.expiry(
          years: fit.slice.years, fit.quality, withinSmile: fit.smileQuality.withinCount,
          parameters: [
            "a": smile.a, "b": smile.b, "rho": smile.rho, "m": smile.m, "s": smile.s,
          ],
          terms: fit.slice.correction?.coefficients.count ?? 0)
      },
      activated: alarm == nil, violation: alarm?.description,
      skipped: fit.skipped.map { "\($0.years) years: \($0.error)" }, refusedRows: refusedRows)
  }

  private func ssvi(
    _ underlying: OptionChain.Underlying, _ chain: String, _ refusedRows: Int
  ) throws(ModelError) -> CalibrationReport.Surface {
    let fit = try SurfaceSVIFit(underlying.expiries)
    let expiries = fit.years.indices.map { index in
      Self.expiry(
        years: fit.years[index], fit.qualities[index],
        withinSmile: fit.qualities[index].withinCount, parameters: ["theta": fit.thetas[index]],
        terms: 0)
    }
    return CalibrationReport.Surface(
      chain: chain, underlying: underlying.name, model: rawValue,
      parameters: [
        "rho": fit.surface.rho, "eta": fit.surface.eta, "gamma": fit.surface.gamma,
      ],
      expiries: expiries, activated: fit.violation == nil,
      violation: fit.violation.map { "\($0)" }, skipped: [], refusedRows: refusedRows)
  }

  private func heston(
    _ underlying: OptionChain.Underlying, _ chain: String, _ refusedRows: Int
  ) throws(ModelError) -> CalibrationReport.Surface {
    let fit = try HestonFit(underlying.expiries)
    let expiries = fit.years.indices.map { index in
      Self.expiry(
        years: fit.years[index], fit.qualities[index],
        withinSmile: fit.qualities[index].withinCount, parameters: [:], terms: 0)
    }
    return CalibrationReport.Surface(
      chain: chain, underlying: underlying.name, model: rawValue,
      parameters: [
        "v0": fit.model.variance, "kappa": fit.model.reversion,
        "theta": fit.model.longVariance, "sigma_v": fit.model.volOfVol, "rho": fit.model.rho,
      ],
      expiries: expiries, activated: true, violation: nil,
      skipped: fit.converged ? [] : ["the fit stopped at its iteration limit"],
      refusedRows: refusedRows)
  }

  private static func expiry(
    years: Double, _ quality: FitQuality, withinSmile: Int, parameters: [String: Double],
    terms: Int
  ) -> CalibrationReport.Expiry {
    CalibrationReport.Expiry(
      days: years * 365, twoSided: quality.twoSidedCount, within: quality.withinCount,
      withinSmile: withinSmile, rmsVolPoints: 100 * quality.rmsToMiddle,
      rmsVolPointsToMark: 100 * quality.rmsToMark, parameters: parameters,
      correctionTerms: terms)
  }
}
