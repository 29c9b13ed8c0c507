import Pricing

extension PathState {
  /// An index was accepted at `now`, after `last` (0 = none): whether it knocked.
  ///
  /// The core follows its own paths by this, and the risk thread twins of them.
  @discardableResult
  public mutating func follow(_ index: Int64, after last: Int64, at now: UInt64) -> Bool {
    if now <= expiry {
      if lowest == 0 || index < lowest { lowest = index }
      if index > highest { highest = index }
    }
    let kind = RiskKind.named(self.kind)
    if kind.isAsian {
      if last > 0, now > 0 { observe(last, until: min(now &- 1, expiry)) }
      observe(index, until: min(now, expiry))
    }
    guard kind.isBarrier, !isKnocked, now <= expiry else { return false }
    isKnocked = kind.isUp ? index >= barrier : index <= barrier
    return isKnocked
  }

  /// Makes the observations due until `time`, all of them of `index`.
  mutating func observe(_ index: Int64, until time: UInt64) {
    while observed < observations, nextObservation <= time {
      sum += Int128(index)
      observed &+= 1
      nextObservation &+= interval
    }
  }

  /// The path as the risk table's builder takes it at engine time `now`: for the risk thread. The
  /// core itself never asks, and holds no floating-point number.
  public func exoticInput(at now: UInt64) -> ExoticInput {
    var input = ExoticInput()
    input.barrier = Double(barrier) / 1e9
    input.isKnocked = isKnocked
    input.extremum = Double(RiskKind.named(kind).isCall ? highest : lowest) / 1e9
    input.observedSum = Double(sum) / 1e9
    input.observedCount = Int(observed)
    input.observationCount = Int(observations)
    input.secondsToNext = nextObservation > now ? Double(nextObservation &- now) / 1e9 : 0
    return input
  }
}
