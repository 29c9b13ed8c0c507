import Pricing

extension PathState {
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
