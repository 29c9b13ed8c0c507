import Testing
import VenueTypes

@testable import VenueCore

@Suite("insurance deposits")
struct InsuranceDepositTests {
  @Test func `a security module takes a deposit, and the account of fees does not`() {
    var harness = MarginHarness(deposit: 1_000)
    let module = UInt16(harness.base.venue.own.securityModule(0))
    _ = harness.apply(MarginHarness.deposit(250, to: module, number: 100))
    let held = harness.base.venue.ledger.margin.engine.collateral(UInt32(module))
    #expect(held == 250_000_000)
    let fees = UInt16(harness.base.venue.own.fees)
    let events = harness.apply(MarginHarness.deposit(250, to: fees, number: 101))
    #expect(events.contains { $0.kind == .control && $0.reason != .none })
    let outside = harness.apply(MarginHarness.deposit(250, to: .max, number: 102))
    #expect(outside.contains { $0.kind == .control && $0.reason != .none })
    let missing = harness.base.venue.moneyImbalance()
    #expect(missing == 0)
  }
}
