/// A whole surface fitted expiry by expiry, the last first, so that each is held below the next.
public struct SurfaceFit: Equatable, Sendable {
  public let surface: VolatilitySurface
  /// In the order of `surface.slices`.
  public let fits: [SmileFit]
  /// Expiries that could not be fitted, and why.
  public let skipped: [SkippedExpiry]

  public struct SkippedExpiry: Equatable, Sendable {
    public var years: Double
    public var error: ModelError
  }

  /// - Parameter expiries: in any order; equal ones are fitted once.
  /// - Throws: `slices` when no expiry can be fitted.
  public init(underlying: String, expiries: [ExpiryQuotes]) throws(ModelError) {
    var fits: [SmileFit] = []
    var skipped: [SkippedExpiry] = []
    for quotes in expiries.sorted(by: { $0.years > $1.years }) {
      if let last = fits.last, quotes.years >= last.slice.years { continue }
      do throws(ModelError) {
        fits.append(try SmileFit(quotes, below: fits.last?.slice))
      } catch {
        skipped.append(SkippedExpiry(years: quotes.years, error: error))
      }
    }
    fits.reverse()
    self.fits = fits
    self.skipped = skipped
    surface = try VolatilitySurface(underlying: underlying, slices: fits.map(\.slice))
  }
}
