import Hardware
import TestSupport
import Testing

/// An entry as the naive twin keeps it.
private struct Sent: Equatable {
  var bytes: [UInt8]
  var endpoint: Endpoint
}

@Suite("DatagramBurst")
struct DatagramBurstTests {
  /// Goal: a burst is a list of datagrams with storage of its own. Method: random claims, commits,
  /// abandoned claims and clears, against an array; every claim is filled to its last byte, so an
  /// overlap would show.
  @Test(arguments: [1, 2, 7, 64], UInt64(0)..<4)
  func `behaves as an array of datagrams`(capacity: Int, seed: UInt64) {
    var burst = DatagramBurst(capacity: capacity)
    var model: [Sent] = []
    var random = SplitMix64(seed: seed)
    for step in 0..<300 {
      if random.below(capacity + 4) == 0 {
        burst.removeAll()
        model.removeAll()
      }
      #expect(burst.isFull == (model.count == capacity))
      if let room = burst.claim() {
        #expect(room.count == DatagramBurst.payloadByteCountMax)
        #expect(UInt(bitPattern: room.baseAddress) % 64 == 0)
        for index in room.indices { room[index] = UInt8(truncatingIfNeeded: random.next()) }
        if random.below(3) > 0 {
          let byteCount = 1 + random.below(room.count)
          let endpoint = Endpoint(address: UInt32(step), port: 7, ethernet: random.next())
          model.append(Sent(bytes: room.prefix(byteCount).map { $0 }, endpoint: endpoint))
          burst.commit(byteCount: byteCount, to: endpoint)
        }
      } else {
        #expect(model.count == capacity)
      }
      #expect(burst.count == model.count)
      var differs = false
      for index in 0..<burst.count { differs = differs || entry(burst, index) != model[index] }
      #expect(!differs)
    }
  }

  @Test func `lends what a port lent`() {
    var burst = DatagramBurst(capacity: 2)
    let bytes = UnsafeMutableRawPointer.allocate(byteCount: 16, alignment: 16)
    defer { bytes.deallocate() }
    bytes.initializeMemory(as: UInt8.self, repeating: 3, count: 16)
    let endpoint = Endpoint(address: 0x7F00_0001, port: 9)
    burst.append(lent: Datagram(bytes: bytes, byteCount: 16, endpoint: endpoint))
    #expect(burst[0].bytes == bytes)
    #expect(entry(burst, 0) == Sent(bytes: [UInt8](repeating: 3, count: 16), endpoint: endpoint))
    burst.removeAll()
    // The burst's own storage is still there after a lent entry.
    let room = burst.claim()
    #expect(room?.baseAddress != bytes)
    room?[0] = 5
    burst.commit(byteCount: 1, to: endpoint)
    #expect(entry(burst, 0) == Sent(bytes: [5], endpoint: endpoint))
  }

  @Test func `an index past the entries is a programming error`() async {
    await #expect(processExitsWith: .failure) {
      let burst = DatagramBurst(capacity: 2)
      _ = burst[0]
    }
  }

  @Test func `a payload past the largest datagram is a programming error`() async {
    await #expect(processExitsWith: .failure) {
      var burst = DatagramBurst(capacity: 2)
      burst.commit(byteCount: 1_473, to: Endpoint(address: 0, port: 0))
    }
  }

  @Test func `an endpoint is 16 bytes`() {
    #expect(MemoryLayout<Endpoint>.size == 16)
    #expect(MemoryLayout<Endpoint>.offset(of: \.ethernet) == 8)
  }

  private func entry(_ burst: borrowing DatagramBurst, _ index: Int) -> Sent {
    let datagram = burst[index]
    let bytes = UnsafeRawBufferPointer(start: datagram.bytes, count: datagram.byteCount)
    return Sent(bytes: bytes.map { $0 }, endpoint: datagram.endpoint)
  }
}
