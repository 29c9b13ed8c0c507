import DataAvailability
import TestSupport
import Testing

@Suite struct BlobTests {
  @Test(arguments: [0, 1, 22, 23, 24, 126_967, 126_968, 126_969, 300_000])
  func `octets pass through blobs of valid field elements`(count: Int) throws {
    var random = SplitMix64(seed: UInt64(count))
    let octets = (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    let blobs = BlobPacking.pack(octets)
    #expect(blobs.count == (count + 8 + 126_975) / 126_976)
    for blob in blobs {
      #expect(blob.count == 131_072)
      #expect(stride(from: 0, to: blob.count, by: 32).allSatisfy { blob[$0] == 0 })
    }
    let isSame = try BlobPacking.unpack(blobs) == octets
    #expect(isSame)
  }

  @Test func `blobs in another form are refused`() throws {
    let blobs = BlobPacking.pack([1, 2, 3])
    func refused(_ change: (inout [[UInt8]]) -> Void) -> AvailabilityError? {
      var changed = blobs
      change(&changed)
      return failure { _ = try BlobPacking.unpack(changed) }
    }
    #expect(refused { $0 = [] } == .frame("there are no blobs"))
    #expect(
      refused { $0[0].removeLast() } == .length(place: "blob 0", wanted: 131_072, found: 131_071))
    #expect(refused { $0[0][64] = 1 } == .frame("element 2 of blob 0 does not begin with 0"))
    #expect(refused { $0[0][9] = 200 } == nil)
    #expect(refused { $0[0][12] = 1 } == .frame("the padding of the last blob is not 0"))
    #expect(refused { $0[0][1] = 255 } != nil)
    #expect(refused { $0.append($0[0]) } == .frame("2 blobs say that they carry 3 octets"))
  }

  @Test func `calldata and blobs give back what was posted, or say why not`() throws {
    let chain = MemoryChain()
    let calldata = CalldataAvailability(publisher: chain)
    let blob = BlobAvailability(publisher: chain)
    let octets = (0..<50_000).map { UInt8(truncatingIfNeeded: $0) }
    let first = try calldata.post(octets, number: 1)
    let second = try blob.post(octets, number: 2)
    #expect(try calldata.fetch(first) == octets)
    #expect(try blob.fetch(second) == octets)
    guard case .reference = failure({ _ = try calldata.fetch(second) }) else {
      Issue.record("a blob was fetched as calldata")
      return
    }
    chain.transactions[0].input[9] ^= 1
    guard case .altered = failure({ _ = try calldata.fetch(first) }) else {
      Issue.record("altered calldata were accepted")
      return
    }
    chain.transactions[0].input.removeLast()
    guard case .length = failure({ _ = try calldata.fetch(first) }) else {
      Issue.record("cut calldata were accepted")
      return
    }
    chain.transactions[1].blobs[0][33] ^= 1
    guard case .altered = failure({ _ = try blob.fetch(second) }) else {
      Issue.record("an altered blob was accepted")
      return
    }
    chain.isReachable = false
    #expect(failure { _ = try blob.fetch(second) } == .publisher("it cannot be reached"))
  }

  @Test func `the next storage takes over and an alarm says so`() throws {
    let chain = MemoryChain()
    let folder = TemporaryFolder()
    let alarms = Alarms()
    let blob = BlobAvailability(publisher: chain)
    let directory = DirectoryAvailability(folder: folder.path)
    let both = FallbackAvailability([blob, directory]) { alarms.lines.append("\($0) \($1)") }
    #expect(try both.post([1, 2], number: 1).kind == .blob)
    #expect(alarms.lines.isEmpty)
    chain.isReachable = false
    let reference = try both.post([1, 2, 3], number: 2)
    #expect(reference.kind == .directory)
    #expect(alarms.lines == ["2 blob: the base chain: it cannot be reached"])
    #expect(try both.fetch(reference) == [1, 2, 3])
    let none = FallbackAvailability([blob]) { _, _ in }
    guard case .allFailed(let reasons) = failure({ _ = try none.post([1], number: 3) }) else {
      Issue.record("nothing took the data and it was posted")
      return
    }
    #expect(reasons.count == 1)
    guard case .reference = failure({ _ = try none.fetch(reference) }) else {
      Issue.record("a storage of another kind was asked")
      return
    }
  }
}
