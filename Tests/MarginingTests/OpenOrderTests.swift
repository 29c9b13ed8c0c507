import Margining
import Testing
import VenueTypes

@Suite struct OpenOrderTests {
  @Test func `an order over other lots differs in nothing else`() {
    let order = OpenOrder(
      account: 3, instrument: 7, side: .sell, lots: 10, price: -5, fee: 2, group: 4)
    var smaller = order.over(4)
    #expect(smaller.lots == 4)
    smaller.lots = 10
    #expect(smaller == order)
    #expect(MemoryLayout<OpenOrder>.size <= 32)
    #expect(MemoryLayout<MarginVerdict>.size <= 32)
  }
}
