import Foundation
import TestSupport
import Testing

@testable import ChainAccess

/// No octets from outside stop the process; what is accepted is in its one form.
@Suite struct FuzzTests {
  /// Goal: decoders neither trap nor accept a second form. Method: an encoding with octets changed,
  /// cut or put in, and plain noise; what decodes must encode to the same octets.
  @Test func `100000 damaged RLP texts are refused or are canonical`() {
    let seed = UInt64.random(in: .min ... .max)
    var random = SplitMix64(seed: seed)
    var accepted = 0
    for turn in 0..<100_000 {
      let octets = damaged(item(&random, 0).encoded, &random)
      guard let decoded = try? RLPItem(decoding: octets) else { continue }
      accepted += 1
      if decoded.encoded != octets { Issue.record("seed \(seed), turn \(turn)") }
    }
    #expect(accepted > 1000, "seed \(seed)")
  }

  private func item(_ random: inout SplitMix64, _ depth: Int) -> RLPItem {
    if depth > 3 || random.below(3) > 0 {
      let count = [0, 1, 2, 20, 32, 55, 56, 60][random.below(8)]
      return .octets((0..<count).map { _ in UInt8(random.below(256)) })
    }
    return .list((0..<random.below(5)).map { _ in item(&random, depth + 1) })
  }

  private func damaged(_ octets: [UInt8], _ random: inout SplitMix64) -> [UInt8] {
    var octets = octets
    for _ in 0..<random.below(4) where !octets.isEmpty {
      let place = random.below(octets.count)
      switch random.below(4) {
      case 0: octets[place] = UInt8(random.below(256))
      case 1: octets[place] ^= 1 << UInt8(random.below(8))
      case 2: octets.removeSubrange(place...)
      default: octets.insert(UInt8(random.below(256)), at: place)
      }
    }
    return octets
  }

  @Test func `100000 damaged contract data are refused or are canonical`() throws {
    let seed = UInt64.random(in: .min ... .max)
    var random = SplitMix64(seed: seed)
    let types = try [
      "uint8", "(int64,bytes)[]", "string", "bytes32[2]", "bool", "address", "uint256[][2]",
    ].map { try ABIType($0) }
    let good = try ABICoding.encode(
      [
        .uint(7), .array([.tuple([.int(Int64(-3)), .bytes([1, 2, 3])])]), .string("é"),
        .array([
          .fixedBytes([UInt8](repeating: 1, count: 32)),
          .fixedBytes([UInt8](repeating: 2, count: 32)),
        ]),
        .bool(true), .address(.init()), .array([.array([.uint(1)]), .array([])]),
      ], as: types)
    var accepted = 0
    for turn in 0..<100_000 {
      let octets = damaged(good, &random)
      guard let values = try? ABICoding.decode(octets, as: types) else { continue }
      accepted += 1
      if try ABICoding.encode(values, as: types) != octets {
        Issue.record("seed \(seed), turn \(turn)")
      }
    }
    #expect(accepted > 1000, "seed \(seed)")
  }

  @Test func `20000 damaged answers of a node end in an error or a value`() {
    let seed = UInt64.random(in: .min ... .max)
    var random = SplitMix64(seed: seed)
    let good = Array(
      #"{"jsonrpc":"2.0","id":7,"result":{"number":"0x1","hash":"0x11","logs":[{},null,1.5,true]}}"#
        .utf8)
    var refused = 0
    for _ in 0..<20_000 {
      do throws(ChainError) {
        let json = try ChainClient.result(
          of: damaged(good, &random), method: "m", id: 7)
        _ = try? ChainReceipt(Answer(method: "m", json: json))
      } catch {
        refused += 1
      }
    }
    #expect(refused > 1000, "seed \(seed)")
    let deep = [UInt8](repeating: 91, count: 1_000_000)
    #expect(throws: ChainError.self) { try JSONValue(decoding: deep) }
  }
}
