import Hardware
import TestSupport
import Testing

@testable import Transport

@Suite("LossyPort")
struct LossyPortTests {
  /// Sends `count` numbered datagrams of 64 octets through a line with these rates, one way, and
  /// returns what came out, first two octets as a number, and what the line says it did.
  private func through(
    _ rates: LossRates, seed: UInt64, count: Int, isSending: Bool
  ) -> (arrived: [[UInt8]], loss: LossCounters) {
    let network = MemoryNetwork(endpoints: [neighbour(1), neighbour(2)], ringCapacity: 1_024)
    let perfect = LossRates()
    var near = LossyPort(
      network.makePort(0), seed: seed, receiving: isSending ? perfect : rates,
      sending: isSending ? rates : perfect)
    var far = network.makePort(1)
    var arrived: [[UInt8]] = []
    var departures = DatagramBurst(capacity: 1)
    var arrivals = DatagramBurst(capacity: 32)
    for number in 0..<count {
      let payload =
        [UInt8(number >> 8), UInt8(number & 255)] + [UInt8](repeating: 0x5A, count: 62)
      if isSending {
        departures.put(payload, to: neighbour(2))
        _ = near.send(&departures)
        _ = far.receive(into: &arrivals)
      } else {
        departures.put(payload, to: neighbour(1))
        _ = far.send(&departures)
        _ = near.receive(into: &arrivals)
      }
      arrived += arrivals.payloads()
    }
    for _ in 0..<(2 * Int(rates.idlePollsMax) + 8) {
      _ = near.receive(into: &arrivals)
      arrived += arrivals.payloads()
      _ = far.receive(into: &arrivals)
      arrived += arrivals.payloads()
    }
    let loss = (near.receivingLoss, near.sendingLoss)
    return (arrived, isSending ? loss.1 : loss.0)
  }

  private func number(_ payload: [UInt8]) -> Int { Int(payload[0]) << 8 | Int(payload[1]) }

  /// Goal: a perfect line changes nothing. Method: all rates 0, both directions.
  @Test(arguments: [true, false])
  func `without rates the line is transparent`(isSending: Bool) {
    let (arrived, loss) = through(LossRates(), seed: 1, count: 500, isSending: isSending)
    #expect(arrived.map(number) == [Int](0..<500))
    #expect(loss.entered == 500 && loss.left == 500)
    #expect(loss.dropped + loss.duplicated + loss.reordered + loss.corrupted == 0)
  }

  /// Goal: one seed, one history. Method: the same run twice, and with another seed.
  @Test(arguments: [true, false], UInt64(0)..<4)
  func `the same seed does the same harm`(isSending: Bool, seed: UInt64) {
    let rates = LossRates(each: 100)
    let once = through(rates, seed: seed, count: 300, isSending: isSending)
    let again = through(rates, seed: seed, count: 300, isSending: isSending)
    let other = through(rates, seed: seed + 100, count: 300, isSending: isSending)
    #expect(once.arrived == again.arrived)
    #expect(once.loss == again.loss)
    #expect(once.arrived != other.arrived)
  }

  /// Goal: counters and rates are true. Method: a long run; entered, dropped, doubled and left
  /// must add up, and each rate of 10 % must be met within 2 points.
  @Test(arguments: [true, false])
  func `what is counted adds up and follows the rates`(isSending: Bool) {
    let count = 4_000
    let (arrived, loss) = through(
      LossRates(each: 100), seed: 3, count: count, isSending: isSending)
    #expect(loss.entered == UInt64(count))
    #expect(loss.left == UInt64(arrived.count))
    #expect(loss.overflowed == 0)
    #expect(loss.left == loss.entered - loss.dropped + loss.duplicated)
    let survivors = Double(count) * 0.9
    for (happened, of) in [
      (loss.dropped, Double(count)), (loss.duplicated, survivors), (loss.reordered, survivors),
      (loss.corrupted, survivors), (loss.truncated, survivors),
    ] {
      #expect(abs(Double(happened) / of - 0.1) < 0.02)
    }
  }

  /// Goal: reordering is bounded. Method: only reordering; all arrive, none is overtaken by more
  /// than `delayMax` later ones.
  @Test(arguments: [true, false], [UInt32(1), 4, 8])
  func `a held datagram is overtaken by at most delayMax others`(
    isSending: Bool, delayMax: UInt32
  ) {
    var rates = LossRates()
    rates.reorder = 300
    rates.delayMax = delayMax
    let (arrived, loss) = through(rates, seed: 5, count: 600, isSending: isSending)
    let numbers = arrived.map(number)
    #expect(numbers.sorted() == [Int](0..<600))
    #expect(loss.reordered > 120)
    var isOutOfOrder = false
    for (place, number) in numbers.enumerated() {
      let overtaking = numbers[..<place].lazy.filter { $0 > number }.count
      if overtaking > Int(delayMax) { Issue.record("\(number) overtaken by \(overtaking)") }
      if overtaking > 0 { isOutOfOrder = true }
    }
    #expect(isOutOfOrder)
  }

  /// Goal: corruption is one bit, truncation a shorter prefix. Method: each alone, always.
  @Test func `corruption flips one bit and truncation cuts the end`() {
    var rates = LossRates()
    rates.corrupt = 1_000
    let whole: (Int) -> [UInt8] = {
      [UInt8($0 >> 8), UInt8($0 & 255)] + [UInt8](repeating: 0x5A, count: 62)
    }
    for (index, payload) in through(rates, seed: 8, count: 200, isSending: true).arrived
      .enumerated()
    {
      let flipped = zip(payload, whole(index)).map { ($0 ^ $1).nonzeroBitCount }.reduce(0, +)
      #expect(flipped == 1 && payload.count == 64)
    }
    rates = LossRates()
    rates.truncate = 1_000
    for (index, payload) in through(rates, seed: 8, count: 200, isSending: true).arrived
      .enumerated()
    {
      let isPrefix = payload.elementsEqual(whole(index).prefix(payload.count))
      #expect(isPrefix && !payload.isEmpty && payload.count < 64)
    }
  }

  /// Goal: a flood of held datagrams neither traps nor loses count. Method: everything doubled and
  /// held for long, through a burst of one.
  @Test func `a crowded line loses datagrams and counts them`() {
    var rates = LossRates()
    rates.duplicate = 1_000
    rates.reorder = 1_000
    rates.delayMax = 4_000
    let (arrived, loss) = through(rates, seed: 2, count: 3_000, isSending: true)
    #expect(loss.left == UInt64(arrived.count))
    #expect(loss.overflowed > 0)
    #expect(loss.left + loss.overflowed == 6_000)
  }
}
