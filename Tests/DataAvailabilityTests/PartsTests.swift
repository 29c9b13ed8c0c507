import DataAvailability
import Hashing
import TestSupport
import Testing

/// Octets that one transaction cannot carry.
@Suite struct PartsTests {
  private static let most = CalldataParts.octetsMax

  private func octets(_ count: Int) -> [UInt8] {
    var random = SplitMix64(seed: UInt64(count))
    return (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
  }

  /// Goal: every length is shared out so that nothing is larger than nodes pass on, and comes back.
  /// Method: lengths at each border, also where the hashes alone push the rest into another part.
  @Test(arguments: [
    1, most, most + 1, 2 * most - 32, 2 * most - 31, 2 * most, 3 * most - 64, 3 * most - 63,
    3 * most, 5 * most + 7,
  ])
  func `calldata of any length come back from the last transaction alone`(count: Int) throws {
    let chain = MemoryChain()
    let calldata = CalldataAvailability(publisher: chain)
    let frame = octets(count)
    let reference = try calldata.post(frame, number: 1)
    var parts = 1
    while parts * Self.most - 32 * (parts - 1) < count { parts += 1 }
    #expect(chain.transactions.count == parts)
    #expect(chain.transactions.allSatisfy { $0.input.count <= Self.most && $0.blobs.isEmpty })
    #expect(reference.locator.count == 32)
    #expect(try calldata.fetch(reference) == frame)
    let last = try #require(chain.transactions.last)
    let named = try reference.earlierTransactions(last.input)
    #expect(named == (0..<parts - 1).map { MemoryChain.hash($0) })
    // One that fits is the whole input.
    if count <= Self.most { #expect(last.input == frame) }
  }

  @Test func `the last part waits for the others, and nothing goes out twice`() throws {
    let chain = MemoryChain()
    let calldata = CalldataAvailability(publisher: chain)
    let frame = octets(3 * Self.most)
    chain.busyCount = 2
    guard case .waiting(let text) = failure({ _ = try calldata.post(frame, number: 1) }) else {
      Issue.record("it waits for nothing")
      return
    }
    #expect(text == "2 of 3 parts before the last: no room")
    #expect(chain.transactions.count == 1)
    #expect(try calldata.fetch(try calldata.post(frame, number: 1)) == frame)
    _ = try calldata.post(frame, number: 1)
    #expect(chain.transactions.count == 4)
  }

  /// Goal: whatever is wrong with a part is told, and nothing wrong is given back. Method: three
  /// parts; one after another goes missing, is cut, altered, changes places, or the list is.
  @Test func `a part that is missing, cut, altered or elsewhere is one clear error`() throws {
    let chain = MemoryChain()
    let calldata = CalldataAvailability(publisher: chain)
    let frame = octets(2 * Self.most + 500)
    let reference = try calldata.post(frame, number: 1)
    let whole = chain.transactions
    #expect(whole.count == 3)
    func failed(_ change: (inout [ChainLoad]) -> Void) -> AvailabilityError? {
      chain.transactions = whole
      change(&chain.transactions)
      return failure { _ = try calldata.fetch(reference) }
    }
    #expect(failed { _ in } == nil)
    #expect(
      failed { $0[2].input[0] = 9 } == .missing(place: "part 1 of 3, transaction 9"))
    #expect(
      failed { $0[2].input[32] = 9 } == .missing(place: "part 2 of 3, transaction 9"))
    #expect(
      failed { $0[1].input.removeLast() }
        == .length(place: "part 2 of 3", wanted: Self.most, found: Self.most - 1))
    #expect(
      failed { $0[2].input.removeLast(550) }
        == .reference("the last of 3 parts does not name those before it"))
    guard case .length(place: "the 3 parts together", _, _) = failed({ $0[2].input.removeLast() })
    else {
      Issue.record("a cut rest was accepted")
      return
    }
    for place in 0..<3 {
      guard case .altered = failed({ $0[place].input[100] ^= 1 }) else {
        Issue.record("altered part \(place) was accepted")
        return
      }
    }
    guard case .altered = failed({ $0.swapAt(0, 1) }) else {
      Issue.record("parts in another order were accepted")
      return
    }
    // In whatever order they are in the chain: the last one's list is what counts.
    #expect(
      failed {
        $0.swapAt(0, 1)
        let list = Array($0[2].input[0..<64])
        $0[2].input.replaceSubrange(0..<64, with: list[32..<64] + list[0..<32])
      } == nil)
  }

  @Test func `more blobs than a transaction has go into several`() throws {
    let chain = MemoryChain()
    let blob = BlobAvailability(publisher: chain)
    for (count, wanted) in [(6 * 126_976 - 8, [6]), (6 * 126_976 - 7, [6, 1])] {
      chain.transactions = []
      let frame = octets(count)
      let reference = try blob.post(frame, number: 1)
      #expect(chain.transactions.map(\.blobs.count) == wanted)
      #expect(chain.transactions.map(\.input.count) == wanted.indices.map { 32 * $0 })
      let isSame = try blob.fetch(reference) == frame
      #expect(isSame)
    }
    let reference = try blob.post(octets(6 * 126_976 - 7), number: 1)
    let whole = chain.transactions
    chain.transactions[1].input[0] = 9
    #expect(
      failure { _ = try blob.fetch(reference) }
        == .missing(place: "part 1 of 2, transaction 9"))
    chain.transactions = whole
    chain.transactions[0].blobs.swapAt(0, 1)
    guard case .some = failure({ _ = try blob.fetch(reference) }) else {
      Issue.record("blobs in another order were accepted")
      return
    }
    chain.transactions = whole
    for input in [[UInt8](repeating: 0, count: 31), [UInt8](repeating: 0, count: 7 * 32)] {
      chain.transactions[1].input = input
      #expect(
        failure { _ = try blob.fetch(reference) }
          == .reference("the last transaction's input is no list of those before it"))
    }
  }
}
