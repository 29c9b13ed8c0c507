import DataAvailability
import Hashing
import Testing

@testable import causeway

@Suite struct ProgressWaitTests {
  /// Goal: what moves is waited for, what stands still is not, and nothing for ever. Method: a
  /// clock by hand over each border.
  @Test func `progress begins the wait anew, up to a cap`() {
    var wait = ProgressWait(stillSeconds: 10, capSeconds: 25, now: 100)
    wait.note([0, 0], now: 101)
    #expect(wait.end(now: 109.9) == nil)
    #expect(wait.end(now: 110) == "nothing has moved for 10 s")
    wait.note([0, 0], now: 109)
    #expect(wait.end(now: 110) != nil, "the same again is no progress")
    wait.note([0, 1], now: 109)
    #expect(wait.end(now: 118.9) == nil)
    wait.note([1, 1], now: 118)
    #expect(wait.end(now: 124.9) == nil)
    #expect(wait.end(now: 125) == "25 s are over", "however much has moved")
  }

  @Test func `batches beyond the one that is waited for are no progress`() throws {
    let fixture = try SettlementFixture()
    let reference = DataReference(
      kind: .calldata, commitment: KeccakDigest(), length: 1, locator: KeccakDigest().octets)
    try fixture.folder.write(reference, of: 1)
    let seen = BatchProgress(fixture.folder, posted: 2)
    #expect((seen.closed, seen.published, seen.posted) == (3, 1, 2))
    #expect(seen.counts(upTo: 3) == [3, 1, 2] && seen.counts(upTo: 1) == [1, 1, 1])
    #expect(
      seen.text
        == "3 batches are closed, the data of 1 are published, 2 are in the vault")
  }
}
