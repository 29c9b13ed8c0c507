// What holds after every command; builds with CAUSEWAY_CHECKS stop at the command that breaks it.
extension Venue {
  @inline(__always)
  mutating func checkInvariants() {
    #if CAUSEWAY_CHECKS
      walkInvariants()
    #endif
  }

  #if CAUSEWAY_CHECKS
    private mutating func walkInvariants() {
      let missing = moneyImbalance()
      precondition(missing == 0, "command \(ledger.sequence) made or lost \(missing) micro-dollars")
      let instrument = positionImbalance()
      precondition(
        instrument == 0,
        "command \(ledger.sequence): positions of instrument \(instrument) do not sum to zero")
      let account = ledger.margin.engine.firstBrokenAccount()
      precondition(
        account == nil,
        "command \(ledger.sequence): lines of account \(account ?? 0) are not its positions")
    }
  #endif
}
