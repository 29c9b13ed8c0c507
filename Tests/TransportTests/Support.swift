import Hardware
import TestSupport
import Testing

@testable import Transport

/// An endpoint in 10.77.0.0/24 with a locally administered Ethernet address of its own.
func neighbour(_ number: UInt32, port: UInt16 = 4_000) -> Endpoint {
  Endpoint(
    address: 0x0A4D_0000 | number, port: port, ethernet: 0x0200_0000_0000 | UInt64(number))
}

/// The octets of "0a0b 0c".
func octets(_ hex: String) -> [UInt8] {
  let digits = hex.utf8.compactMap { digit -> UInt8? in
    switch digit {
    case 48...57: digit - 48
    case 97...102: digit - 87
    case 65...70: digit - 55
    default: nil
    }
  }
  return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

/// Runs `body` over a copy of `bytes` as a frame, and returns the bytes afterwards.
@discardableResult
func withFrame(_ bytes: [UInt8], _ body: (FrameBytes) -> Void) -> [UInt8] {
  var copy = bytes
  copy.withUnsafeMutableBytes { room in
    guard let base = room.baseAddress else { return }
    body(FrameBytes(base: base, count: room.count))
  }
  return copy
}

/// What `parseFrame` says of `bytes`.
func parsed(
  _ bytes: [UInt8], owner: Endpoint, checksums: ChecksumPolicy = .verify
) -> FrameContent {
  var content = FrameContent.dropped(.truncated)
  withFrame(bytes) { content = parseFrame($0, owner: owner, checksums: checksums) }
  return content
}

/// The frame of one datagram.
func datagramFrame(_ payload: [UInt8], from: Endpoint, to: Endpoint) -> [UInt8] {
  var length = 0
  let room = [UInt8](repeating: 0xEE, count: frameRoomByteCount)
  let built = withFrame(room) { frame in
    payload.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      length = buildDatagram(frame, from: from, to: to, payload: base, byteCount: bytes.count)
    }
  }
  return [UInt8](built.prefix(length))
}

extension DatagramBurst {
  mutating func put(_ payload: [UInt8], to endpoint: Endpoint) {
    guard let room = claim() else { return }
    payload.withUnsafeBytes {
      room.baseAddress?.copyMemory(from: $0.baseAddress!, byteCount: $0.count)
    }
    commit(byteCount: payload.count, to: endpoint)
  }

  func payload(_ index: Int) -> [UInt8] {
    let datagram = self[index]
    return [UInt8](UnsafeRawBufferPointer(start: datagram.bytes, count: datagram.byteCount))
  }

  func payloads() -> [[UInt8]] { (0..<count).map { payload($0) } }
}

/// Sends one datagram; returns how many went out.
@discardableResult
func send<P: Port & ~Copyable>(_ payload: [UInt8], to endpoint: Endpoint, by port: inout P) -> Int {
  var burst = DatagramBurst(capacity: 1)
  burst.put(payload, to: endpoint)
  return port.send(&burst)
}

/// Receives until `count` datagrams came or `polls` polls are over.
func receive<P: Port & ~Copyable>(
  _ count: Int, at port: inout P, polls: Int = 10_000
) -> [(bytes: [UInt8], from: Endpoint)] {
  var burst = DatagramBurst(capacity: 32)
  var found: [(bytes: [UInt8], from: Endpoint)] = []
  for _ in 0..<polls where found.count < count {
    _ = port.receive(into: &burst)
    for index in 0..<burst.count { found.append((burst.payload(index), burst[index].endpoint)) }
  }
  return found
}

/// Echoes what waits at `port` once; returns how many were answered.
@discardableResult
func echo<P: Port & ~Copyable>(
  _ port: inout P, _ arrivals: inout DatagramBurst, _ answers: inout DatagramBurst
) -> Int {
  _ = port.receive(into: &arrivals)
  for index in 0..<arrivals.count {
    answers.put(arrivals.payload(index), to: arrivals[index].endpoint)
  }
  return port.send(&answers)
}

extension SplitMix64 {
  /// `count` random octets.
  mutating func octets(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
  }
}
