/// Price and the three sensitivities that quoting needs, of one or eight options.
@frozen
public struct VanillaValues<Width: Lanes>: Sendable {
  /// In quote currency.
  public var price: Width
  /// By the forward (Black-76) or the spot (Black-Scholes-Merton).
  public var delta: Width
  /// Second derivative by the same.
  public var gamma: Width
  /// By volatility, for 1.00 (100 points) of it.
  public var vega: Width

  @inlinable @inline(__always)
  public init(price: Width, delta: Width, gamma: Width, vega: Width) {
    self.price = price
    self.delta = delta
    self.gamma = gamma
    self.vega = vega
  }
}

/// Price and all sensitivities of one or eight options. Units as in `VanillaValues`.
@frozen
public struct VanillaGreeks<Width: Lanes>: Sendable {
  public var price: Width
  public var delta: Width
  public var gamma: Width
  public var vega: Width
  /// By calendar time, a year: the loss of value while a year passes at that speed is `-theta`.
  public var theta: Width
  /// By the interest rate, for 1.00 of it.
  public var rho: Width
  /// By the dividend yield, for 1.00 of it; 0 under Black-76, where the forward is given.
  public var phi: Width
  /// By spot (or forward) and volatility.
  public var vanna: Width
  /// Second derivative by volatility.
  public var volga: Width

  @inlinable @inline(__always)
  public init(
    price: Width, delta: Width, gamma: Width, vega: Width, theta: Width, rho: Width, phi: Width,
    vanna: Width, volga: Width
  ) {
    self.price = price
    self.delta = delta
    self.gamma = gamma
    self.vega = vega
    self.theta = theta
    self.rho = rho
    self.phi = phi
    self.vanna = vanna
    self.volga = volga
  }
}
