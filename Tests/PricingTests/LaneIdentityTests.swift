import Foundation
import Pricing
import Testing

/// Goal: every machine computes the same bits. Method: a committed file of 40,960 results; both
/// forms of every kernel must give it byte by byte. `scripts/prove-lanes` does the same across CPU
/// levels.
@Suite("The same bits everywhere")
struct LaneIdentityTests {
  private static func committed(_ name: String = "lanes.bin") throws -> [UInt64] {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    let bytes = try Data(contentsOf: folder.appendingPathComponent("Vectors/\(name)"))
    return stride(from: 0, to: bytes.count - 7, by: 8).map { offset in
      (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[offset + $1]) << UInt64(8 * $1) }
    }
  }

  private static func firstDifference(_ left: [UInt64], _ right: [UInt64]) -> Int? {
    zip(left, right).enumerated().first { $0.element.0 != $0.element.1 }?.offset
  }

  @Test func `the scalar kernels give the committed bits`() throws {
    let expected = try Self.committed()
    let results = try ReferenceVectors.scalarResults()
    #expect(results.count == ReferenceVectors.caseCount * ReferenceVectors.resultCount)
    #expect(results.count == expected.count && expected.count > 10_000)
    #expect(Self.firstDifference(results, expected) == nil)
  }

  @Test func `the eight-lane kernels give the committed bits`() throws {
    let expected = try Self.committed()
    let results = try ReferenceVectors.laneResults()
    #expect(results.count == expected.count)
    #expect(Self.firstDifference(results, expected) == nil)
  }

  @Test func `the exotic formulas give the committed bits`() throws {
    let expected = try Self.committed("exotics.bin")
    let results = try ReferenceVectors.exoticResults()
    let count = ReferenceVectors.exoticCaseCount * ReferenceVectors.exoticResultCount
    #expect(results.count == count && expected.count == count)
    #expect(Self.firstDifference(results, expected) == nil)
    #expect(Set(expected).count > count / 2 && !expected.contains { !isFinite($0) })
  }

  private func isFinite(_ word: UInt64) -> Bool { Double(bitPattern: word).isFinite }

  /// A file of zeros, or of one value, would prove little.
  @Test func `the committed results are many different numbers`() throws {
    let expected = try Self.committed()
    #expect(Set(expected).count > 25_000)
    let nanCount = expected.filter { Double(bitPattern: $0).isNaN }.count
    #expect(nanCount > 20 && nanCount < 400, "only implied volatilities that do not exist")
    #expect(!expected.contains { Double(bitPattern: $0).isInfinite })
  }
}
