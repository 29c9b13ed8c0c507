import Hardware
import Synchronization

/// A network in memory: a few ports, each with a ring to every other.
///
/// The same script of sends and receives always gives the same bursts; nothing is lost but to a
/// full ring, which is counted. Each port may live on its own thread.
@safe
public final class MemoryNetwork: @unchecked Sendable {
  // SAFETY: the rings order their two threads by P1/C1 and C2/P2; each port is made once, and its
  // lanes are touched by its own thread alone.
  fileprivate let storage: UnsafeMutableRawPointer
  fileprivate let lanes: UnsafeMutablePointer<MemoryLane>
  fileprivate let endpoints: [Endpoint]
  private let isTaken: Mutex<[Bool]>

  /// A network of one port for each endpoint, all of them different.
  ///
  /// Memory: `ringCapacity` × 1.5 KiB for each ordered pair of ports. `ringCapacity` is a power
  /// of two.
  public init(endpoints: [Endpoint], ringCapacity: Int = 256) {
    precondition(endpoints.count >= 2)
    precondition(Set(endpoints).count == endpoints.count)
    let portCount = endpoints.count
    // SAFETY: arithmetic alone.
    let ringByteCount = unsafe DatagramRing.byteCount(capacity: ringCapacity)
    self.endpoints = endpoints
    isTaken = Mutex(endpoints.map { _ in false })
    unsafe storage = .allocate(
      byteCount: portCount * portCount * ringByteCount, alignment: 128)
    unsafe storage.initializeMemory(
      as: UInt8.self, repeating: 0, count: portCount * portCount * ringByteCount)
    unsafe lanes = .allocate(capacity: portCount * (portCount - 1))

    // SAFETY: each of the portCount² rings has its own place in `storage`; each lane is made once.
    for from in 0..<portCount {
      for to in 0..<portCount {
        let place = unsafe storage + (from * portCount + to) * ringByteCount
        unsafe DatagramRing.layOut(at: place, capacity: ringCapacity)
      }
    }
    for port in 0..<portCount {
      // SAFETY: each lane is made once, over rings laid out above.
      for (index, peer) in (0..<portCount).filter({ $0 != port }).enumerated() {
        let outgoing = unsafe storage + (port * portCount + peer) * ringByteCount
        let incoming = unsafe storage + (peer * portCount + port) * ringByteCount
        unsafe (lanes + port * (portCount - 1) + index).initialize(
          to: MemoryLane(
            peer: endpoints[peer],
            outgoing: DatagramRing(existing: outgoing, capacity: ringCapacity),
            incoming: DatagramRing(existing: incoming, capacity: ringCapacity)))
      }
    }
  }

  deinit {
    unsafe lanes.deallocate()
    unsafe storage.deallocate()
  }

  /// Makes the port of the endpoint at `index`. Once for each, from any thread.
  public func makePort(_ index: Int) -> MemoryPort {
    isTaken.withLock { isTaken in
      precondition(!isTaken[index], "a port of a memory network has one owner")
      isTaken[index] = true
    }
    return MemoryPort(of: self, index: index)
  }
}

/// One end of a network in memory.
@safe
public struct MemoryPort: ~Copyable, @unchecked Sendable, Port {
  // SAFETY of Sendable: the lanes of a port are its own; `network` only keeps them alive.
  public let localEndpoint: Endpoint
  public private(set) var counters = PortCounters()
  private let network: MemoryNetwork
  private let lanes: UnsafeMutablePointer<MemoryLane>
  private let laneCount: Int
  /// The lane that is read first: one further each time, so that none starves.
  private var firstLane = 0

  fileprivate init(of network: MemoryNetwork, index: Int) {
    self.network = network
    localEndpoint = network.endpoints[index]
    laneCount = network.endpoints.count - 1
    unsafe lanes = unsafe network.lanes + index * laneCount
  }

  @_noAllocation
  public mutating func receive(into burst: inout DatagramBurst) -> Int {
    burst.removeAll()
    var lane = firstLane
    for _ in 0..<laneCount {
      // SAFETY: lane < laneCount. A pointer first: `lanes[lane].…` crashes swiftc 6.3 under
      // ThreadSanitizer.
      let current = unsafe lanes + lane
      unsafe current.pointee.giveBack()
      unsafe current.pointee.lend(into: &burst)
      lane = lane &+ 1 == laneCount ? 0 : lane &+ 1
    }
    firstLane = firstLane &+ 1 == laneCount ? 0 : firstLane &+ 1
    counters.received &+= UInt64(truncatingIfNeeded: burst.count)
    return burst.count
  }

  @_noAllocation
  public mutating func send(_ burst: inout DatagramBurst) -> Int {
    var sent = 0
    for index in 0..<burst.count {
      // SAFETY: the burst's bytes are alive until it is cleared, below.
      let datagram = unsafe burst[index]
      guard let lane = unsafe laneIndex(to: datagram.endpoint) else {
        counters.drop(.unreachable)
        continue
      }
      guard unsafe datagram.byteCount <= DatagramBurst.payloadByteCountMax else {
        counters.drop(.oversized)
        continue
      }
      // SAFETY: `laneIndex` answers an index below laneCount.
      let way = unsafe lanes + lane
      if unsafe way.pointee.push(datagram, from: localEndpoint) {
        sent &+= 1
      } else {
        counters.drop(.noTransmitRoom)
      }
    }
    burst.removeAll()
    counters.sent &+= UInt64(truncatingIfNeeded: sent)
    return sent
  }

  @inline(__always)
  private func laneIndex(to endpoint: Endpoint) -> Int? {
    for index in 0..<laneCount {
      // SAFETY: index < laneCount.
      let peer = unsafe lanes[index].peer
      if peer.address == endpoint.address && peer.port == endpoint.port { return index }
    }
    return nil
  }
}
