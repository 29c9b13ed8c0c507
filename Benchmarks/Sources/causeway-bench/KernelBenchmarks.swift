import CCounterparts
import Hashing
import VenueTypes
import WireProtocol

/// Bytes in, a number out: checksums, hashes, and a datagram's way from octets to fields.
enum KernelBenchmarks {
  static func all(byteCount: Int, packetCount: Int) -> [Benchmark] {
    [
      crc32c(byteCount: byteCount), keccak(byteCount: byteCount / 8),
      packetParse(packetCount: packetCount, checksTag: true),
      plainPacketParse(packetCount: packetCount, checksTag: true),
      packetParse(packetCount: packetCount, checksTag: false),
      plainPacketParse(packetCount: packetCount, checksTag: false),
      tag(packetCount: packetCount), plainTag(packetCount: packetCount),
    ]
  }

  /// 64 KiB at a time: what the first two cache levels hold.
  private static let blockByteCount = 65_536

  private static func block() -> [UInt8] {
    var random = InputGenerator(seed: 1)
    return (0..<blockByteCount).map { _ in UInt8(truncatingIfNeeded: random.next()) }
  }

  private static func crc32c(byteCount: Int) -> Benchmark {
    let input = block()
    let repeats = max(1, byteCount / blockByteCount)
    return Benchmark(
      "hash/crc32c", unit: .gigabytesPerSecond, operationCount: repeats * blockByteCount
    ) {
      timed {
        var sum: UInt32 = 0
        for _ in 0..<repeats {
          // SAFETY: the buffer is the array's, for the time of the call.
          sum = unsafe input.withUnsafeBytes { unsafe CRC32C.checksum($0, seed: sum) }
        }
        return UInt64(sum)
      }
    }
  }

  private static func keccak(byteCount: Int) -> Benchmark {
    let input = block()
    let repeats = max(1, byteCount / blockByteCount)
    return Benchmark(
      "hash/keccak-256", unit: .gigabytesPerSecond, operationCount: repeats * blockByteCount
    ) {
      timed {
        var sum: UInt64 = 0
        for _ in 0..<repeats {
          // SAFETY: the buffer is the array's, for the time of the call.
          sum &+= unsafe input.withUnsafeBytes { unsafe Keccak256.hash($0) }.word0
        }
        return sum
      }
    }
  }

  private static let ordersInPacket = 8
  private static let key = SipHashKey(low: 0x0706_0504_0302_0100, high: 0x0F0E_0D0C_0B0A_0908)

  /// A datagram of eight new orders with its tag.
  private static func packet() -> [UInt8] {
    var octets = [UInt8](repeating: 0, count: WireLimits.datagramByteCountMax)
    let length = unsafe octets.withUnsafeMutableBytes { buffer -> Int in
      guard let base = buffer.baseAddress else { return 0 }
      // SAFETY: the buffer is as long as the longest datagram.
      var packet = unsafe PacketBuilder(
        into: base, header: PacketHeader(flags: .authTag, sessionToken: 7, seqNo: 1))
      for index in 1...ordersInPacket {
        var order = NewOrderMessage()
        order.clOrdId = UInt64(index)
        order.instrumentId = UInt32(index)
        order.price = Int64(index) * 1_000_000_000
        order.qty = UInt32(index)
        packet.append(order)
      }
      let length = packet.finish()
      // SAFETY: `coveredByteCount` octets were written.
      packet.setTag(
        unsafe sipHash24(
          key: key, bytes: UnsafeRawPointer(base), byteCount: packet.coveredByteCount)
      )
      return length
    }
    return Array(octets.prefix(length))
  }

  private static func packetParse(packetCount: Int, checksTag: Bool) -> Benchmark {
    let octets = packet()
    return Benchmark(
      checksTag ? "wire/order-parse-tag" : "wire/order-parse",
      operationCount: packetCount * ordersInPacket
    ) {
      timed {
        var sum: UInt64 = 0
        for _ in 0..<packetCount {
          unsafe octets.withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress else { return }
            // SAFETY: base and count are the array's.
            sum &+= unsafe parse(base, byteCount: buffer.count, checksTag: checksTag)
          }
        }
        return sum
      }
    }
  }

  /// The same datagrams through plain C.
  private static func plainPacketParse(packetCount: Int, checksTag: Bool) -> Benchmark {
    let octets = packet()
    return Benchmark(
      checksTag ? "c/order-parse-tag" : "c/order-parse",
      operationCount: packetCount * ordersInPacket
    ) {
      timed {
        var sum: UInt64 = 0
        for _ in 0..<packetCount {
          // SAFETY: base and count are the array's.
          sum &+= unsafe octets.withUnsafeBytes { buffer -> UInt64 in
            guard let base = buffer.baseAddress else { return 0 }
            return unsafe counterpart_parse_orders(
              base, buffer.count, checksTag ? 1 : 0, key.low, key.high)
          }
        }
        return sum
      }
    }
  }

  /// One tag of a datagram of eight new orders.
  private static func tag(packetCount: Int) -> Benchmark {
    let octets = packet()
    return Benchmark("wire/tag", operationCount: packetCount) {
      timed {
        var sum: UInt64 = 0
        for _ in 0..<packetCount {
          // SAFETY: base and count are the array's.
          sum ^= unsafe octets.withUnsafeBytes { buffer -> UInt64 in
            guard let base = buffer.baseAddress else { return 0 }
            return unsafe sipHash24(key: nextKey(sum), bytes: base, byteCount: buffer.count - 8)
          }
        }
        return sum
      }
    }
  }

  private static func plainTag(packetCount: Int) -> Benchmark {
    let octets = packet()
    return Benchmark("c/tag", operationCount: packetCount) {
      timed {
        var sum: UInt64 = 0
        for _ in 0..<packetCount {
          // SAFETY: base and count are the array's.
          sum ^= unsafe octets.withUnsafeBytes { buffer -> UInt64 in
            guard let base = buffer.baseAddress else { return 0 }
            let key = nextKey(sum)
            return unsafe counterpart_siphash24(key.low, key.high, base, buffer.count - 8)
          }
        }
        return sum
      }
    }
  }

  /// Each key from the tag before, so that no tag is made ahead of its turn.
  @inline(__always)
  private static func nextKey(_ previous: UInt64) -> SipHashKey {
    SipHashKey(low: key.low ^ previous, high: key.high)
  }

  /// Frame, tag, cursor, and the fields of each order. Not inlined: it must read the octets anew.
  @inline(never)
  private static func parse(
    _ bytes: UnsafeRawPointer, byteCount: Int, checksTag: Bool
  ) -> UInt64 {
    // SAFETY: the caller owns `byteCount` octets, of which the tag covers the first.
    guard let packet = unsafe PacketView(bytes, byteCount: byteCount) else { return 0 }
    if checksTag {
      let tag = unsafe sipHash24(
        key: key, bytes: bytes, byteCount: packet.coveredByteCount)
      guard packet.tag == tag else { return 0 }
    }
    var sum: UInt64 = 0
    var cursor = packet.messages
    while let message = cursor.next() {
      guard let view = NewOrderView(message), let order = NewOrderMessage(view) else { continue }
      sum &+= order.clOrdId &+ UInt64(order.qty) &+ UInt64(bitPattern: order.price)
    }
    return sum
  }
}
