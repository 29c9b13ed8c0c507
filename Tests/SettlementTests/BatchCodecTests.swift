import TestSupport
import Testing

@testable import Settlement

@Suite struct BatchCodecTests {
  // Goal: no octets crash the decoder, and what it takes has one form only. Method: real batches
  // with octets flipped, cut, doubled and put in, and pure noise; what decodes must encode to the
  // octets it came from.
  @Test(arguments: UInt64(1)...(isSlow ? 40 : 4))
  func `damaged octets are refused or mean themselves`(seed: UInt64) throws {
    var venue = RandomVenue(seed: seed)
    var random = SplitMix64(seed: seed &* 31)
    var state = SettledState(height: 8)
    var taken = 0
    for _ in 0..<20 {
      let whole = BatchCodec.encode(try state.close(venue.step()))
      for _ in 0..<500 {
        var octets = whole
        let place = Int(random.next() % UInt64(octets.count))
        switch random.next() % 5 {
        case 0: octets[place] ^= 1 << UInt8(random.next() % 8)
        case 1: octets.removeSubrange(place...)
        case 2: octets.insert(UInt8(truncatingIfNeeded: random.next()), at: place)
        case 3: octets.append(0)
        default: octets[place] = 0xff
        }
        do {
          let batch = try BatchCodec.decode(octets)
          taken += 1
          #expect(BatchCodec.encode(batch) == octets, "seed \(seed)")
        } catch {
          #expect("\(error)".hasPrefix("is no batch: "), "seed \(seed)")
        }
      }
    }
    #expect(taken > 0, "some flips only change a number")
    for length in 0..<3_000 {
      let noise = (0..<length % 97).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      #expect(throws: SettlementError.self) { try BatchCodec.decode(noise) }
      #expect(throws: SettlementError.self) { try BatchCodec.decode(BatchCodec.magic + noise) }
    }
  }

  @Test func `numbers have their shortest form alone`() throws {
    for value in [0, 1, 127, 128, 16_383, 16_384, UInt64.max >> 1, .max] {
      var writer = ColumnWriter()
      writer.number(value)
      var reader = ColumnReader(writer.octets)
      #expect(try reader.number() == value)
      #expect(reader.left == 0)
    }
    for value in [0, 1, -1, 63, -64, 64, Int64.max, .min] {
      var writer = ColumnWriter()
      writer.signed(value)
      var reader = ColumnReader(writer.octets)
      #expect(try reader.signed() == value)
    }
    for octets: [UInt8] in [
      [0x80], [0x80, 0x00], [0xff, 0x00], [UInt8](repeating: 0xff, count: 9) + [2],
      [UInt8](repeating: 0xff, count: 10),
    ] {
      var reader = ColumnReader(octets)
      #expect(throws: SettlementError.self) { try reader.number() }
    }
  }
}
