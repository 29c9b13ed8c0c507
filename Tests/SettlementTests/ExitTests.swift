import Settlement
import Testing

@Suite struct ExitTests {
  static func state() throws -> SettledState {
    var put = SettledInstrument(id: 1)
    put.underlying = 1
    put.kind = 1
    put.expiry = 1_000
    put.strike = 60_000 * 1_000_000_000
    put.lotSize = 10_000_000
    put.mark = 5_000_000
    var call = put
    call.id = 2
    call.kind = 2
    call.expiry = 2_000
    var perpetual = put
    perpetual.id = 3
    perpetual.kind = 4
    perpetual.expiry = 0
    var one = SettledAccount(account: 1)
    one.collateral = 100_000_000
    one.positions = [
      SettledPosition(instrument: 1, lots: -3), SettledPosition(instrument: 2, lots: 2),
      SettledPosition(instrument: 3, lots: 1),
    ]
    one.escapeEquity = 100_000_000
    var two = SettledAccount(account: 2)
    two.collateral = -1
    two.escapeEquity = -1
    var state = SettledState(height: 6)
    var terms = BatchData()
    terms.number = 1
    _ = try state.batch(terms, to: [put, call, perpetual], [one, two])
    return state
  }

  @Test func `an expired position counts at its final price, rounded down, and others at marks`()
    throws
  {
    let state = try Self.state()
    // The put is worth 1,000.000000001 $ · 0.01 a lot.
    let price: UInt64 = 59_000 * 1_000_000_000 - 1
    let prices = [
      ExpiryPrice(underlying: 1, expiry: 1_000, price: price),
      ExpiryPrice(underlying: 1, expiry: 2_000, price: price),
    ]
    let claimFound = state.exitClaim(of: 1, at: 1_000, prices: prices)
    let claim = try #require(claimFound)
    #expect(claim.positions.map(\.expiryPrice) == [price, nil, nil])
    // −3 · (10^12 + 1) · 10^7 ÷ 10^12 = −30,000,000.00003, rounded down.
    #expect(claim.positions[0].value == -30_000_001)
    #expect(claim.positions[1].value == 10_000_000)
    let revalued: Int64 = 100_000_000 - 30_000_001 + 15_000_000
    #expect(claim.revalued == revalued)
    #expect(claim.claim == 84_999_999)
    let earlyFound = state.exitClaim(of: 1, at: 999, prices: prices)
    let early = try #require(earlyFound)
    #expect(early.claim == 100_000_000)
    let laterFound = state.exitClaim(of: 1, at: 2_000, prices: prices)
    let later = try #require(laterFound)
    #expect(later.positions[1].value == 0)
    #expect(later.claim == 74_999_999)
  }

  @Test func `a negative equity is a claim of nothing, and a hole is shared`() throws {
    let state = try Self.state()
    let nothingFound = state.exitClaim(of: 2, at: 0, prices: [])
    let nothing = try #require(nothingFound)
    #expect(nothing.claim == 0)
    let absent = state.exitClaim(of: 3, at: 0, prices: [])
    #expect(absent == nil)
    let claimFound = state.exitClaim(of: 1, at: 0, prices: [])
    let claim = try #require(claimFound)
    #expect(claim.payout(pot: 500, claims: 300_000_000) == 166)
    #expect(claim.payout(pot: 300_000_000, claims: 300_000_000) == 100_000_000)
    #expect(claim.payout(pot: .max, claims: UInt128(UInt64.max) * 3) == 33_333_333)
  }
}
