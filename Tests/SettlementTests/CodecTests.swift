import Foundation
import Hashing
import Settlement
import TestSupport
import Testing

@Suite struct CodecTests {
  static func samples(seed: UInt64) throws -> [[UInt8]] {
    var random = RandomState(seed: seed)
    random.accountsMost = 30
    var state = SettledState(height: 12)
    return try (0..<12).map { round in
      let batch = try state.batch(to: random.step(fillsMost: 6), random)
      return try BatchCodec.encode(round == 11 ? state.snapshot() : batch)
    }
  }

  // Goal: octets from anybody are refused or have exactly one form, and never end the process.
  // Method: true batches with octets changed, cut, doubled, put in; what is read must write again
  // as the same octets.
  @Test(arguments: UInt64(0)..<8)
  func `falsified octets are refused or are canonical`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let samples = try Self.samples(seed: seed)
    let rounds = ProcessInfo.processInfo.environment["CAUSEWAY_SLOW"] == nil ? 6_000 : 40_000
    var accepted = 0
    for _ in 0..<rounds {
      var octets = samples[random.below(samples.count)]
      // Mostly not in the digests, where any octet is right.
      for _ in 0...random.below(3) {
        let start = random.below(8) == 0 ? 0 : min(octets.count - 1, 190)
        let place = start + random.below(max(1, octets.count - start))
        switch random.below(6) {
        case 0: octets.removeSubrange(place..<octets.count)
        case 1: octets.insert(UInt8(truncatingIfNeeded: random.next()), at: place)
        case 2 where place < octets.count: octets.remove(at: place)
        case 3 where place < octets.count: octets[place] = 255
        case 4 where place < octets.count: octets[place] ^= 1 << UInt8(random.below(8))
        default: if place < octets.count { octets[place] = UInt8(random.below(4)) }
        }
        if octets.isEmpty { octets = [0] }
      }
      guard let batch = try? BatchCodec.decode(octets) else { continue }
      accepted += 1
      let again = try BatchCodec.encode(batch)
      #expect(again == octets)
      guard again == octets else { return }
    }
    print("seed \(seed): \(accepted) of \(rounds) falsified batches still have a meaning")
    #expect(accepted > rounds / 50)
  }

  @Test func `each kind of damage has its own answer`() throws {
    let octets = try #require(try Self.samples(seed: 1).first)
    func answer(_ octets: [UInt8]) -> SettlementError? {
      do throws(SettlementError) { _ = try BatchCodec.decode(octets) } catch { return error }
      return nil
    }
    #expect(answer([]) == .notPublishedData)
    #expect(answer(Array("CWBE".utf8) + octets.dropFirst(4)) == .notPublishedData)
    #expect(answer(octets + [0]) == .trailing(1))
    for count in 7..<octets.count {
      guard case .short = answer(Array(octets[0..<count])) else {
        Issue.record("cut to \(count) octets it was read")
        return
      }
    }
    var wide = octets
    // Number 1 as two octets.
    wide.replaceSubrange(6..<7, with: [0x81, 0x00])
    #expect(answer(wide) == .notCanonical(offset: 7))
    var huge = Array(octets[0..<(6 + 2 + 2 + 5 + 1 + 160)])
    huge += [0xFF, 0xFF, 0xFF, 0xFF, 0x0F]
    #expect(answer(huge).map { "\($0)".contains("too early") || "\($0)".contains("form") } == true)
  }

  // Goal: what a fill and an account cost on the wire. Method: 20,000 fills of 500 accounts in 200
  // instruments with fees by the lot.
  @Test func `a fill takes few octets`() throws {
    var batch = BatchData()
    batch.number = 1
    batch.lastSequence = 100_000
    batch.fills = FillSample.fills(20_000)
    let octets = try BatchCodec.encode(batch)
    let each = Double(octets.count) / 20_000
    print("plain: \(each) octets a fill")
    #expect(each < 14)
  }
}

/// Fills as a venue of options has them.
enum FillSample {
  static func fills(_ count: Int) -> [SettledFill] {
    var random = SplitMix64(seed: 7)
    var prices = (0..<200).map { Int64(1_000 + $0 * 37) * 50_000_000 }
    var sequence: UInt64 = 1
    return (0..<count).map { number in
      // Some trade much: the lower of two draws.
      let instrument = min(random.below(200), random.below(200))
      sequence += UInt64(random.below(6))
      prices[instrument] += Int64(random.below(5) - 2) * 50_000_000
      var fill = SettledFill()
      fill.sequence = min(sequence, 100_000)
      fill.matchNumber = UInt64(number)
      fill.instrument = UInt32(instrument + 1)
      fill.price = prices[instrument]
      fill.lots = UInt64(1 + min(random.below(10), random.below(10)))
      fill.maker = UInt32(random.below(20))
      fill.taker = UInt32(min(random.below(500), random.below(500)))
      fill.isTakerSelling = random.below(2) == 1
      fill.makerFee = -Int64(fill.lots) * Int64(instrument + 3)
      fill.takerFee = Int64(fill.lots) * Int64(3 * instrument + 10)
      return fill
    }
  }
}
