import CDpdk
import Hardware
import Synchronization

/// Pools and rings of one or two ports, given back when the last of these ports is gone: frames
/// of one port of a ring pair wait in the rings of the other.
@safe
internal final class DpdkMemory: @unchecked Sendable {
  // SAFETY: written while ports are opened, on one thread; afterwards only kept alive.
  fileprivate var pools: [causeway_dpdk_pool]
  fileprivate var rings: [causeway_dpdk_ring]

  fileprivate init() {
    // SAFETY: empty arrays of opaque pointers.
    unsafe pools = unsafe []
    unsafe rings = unsafe []
  }

  deinit {
    // SAFETY: each was made once, and every port that used them is gone.
    for index in unsafe rings.indices { unsafe causeway_dpdk_ring_free(rings[index]) }
    for index in unsafe pools.indices { unsafe causeway_dpdk_pool_free(pools[index]) }
  }

  /// Pools and rings have names of their own in the process.
  private static let nameCounter = Atomic<Int>(0)
  fileprivate static func freshNumber() -> Int {
    nameCounter.add(1, ordering: .relaxed).oldValue
  }

  fileprivate func makePool(
    frameCount: UInt32, node: Int32
  ) throws(TransportError) -> causeway_dpdk_pool {
    var pool: causeway_dpdk_pool?
    // SAFETY: the callee copies the name.
    let error = unsafe causeway_dpdk_pool_create(
      "frames\(Self.freshNumber())", frameCount, node, &pool)
    guard let pool = unsafe pool else {
      throw TransportError("DPDK: no pool of \(frameCount) frames: \(dpdkText(error))")
    }
    unsafe pools.append(pool)
    return unsafe pool
  }

  fileprivate func makeRing(capacity: UInt32) throws(TransportError) -> causeway_dpdk_ring {
    var ring: causeway_dpdk_ring?
    // SAFETY: the callee copies the name.
    let error = unsafe causeway_dpdk_ring_create("wire\(Self.freshNumber())", capacity, &ring)
    guard let ring = unsafe ring else {
      throw TransportError("DPDK: no ring of \(capacity) frames: \(dpdkText(error))")
    }
    unsafe rings.append(ring)
    return unsafe ring
  }
}

/// Two ports of one process joined by a wire of two rings.
@frozen
public struct DpdkRingPair: ~Copyable {
  public var first: DpdkPort
  public var second: DpdkPort
}

extension DpdkPort {
  /// Opens the configured device and starts it. The environment must run.
  public init(_ configuration: DpdkConfiguration) throws(TransportError) {
    var number: UInt16 = 0
    let deviceName = configuration.deviceName
    // SAFETY: `number` lives for the calls, and the name is not kept.
    let found =
      if let deviceName { unsafe causeway_dpdk_port_named(deviceName, &number) } else {
        unsafe causeway_dpdk_port_first(&number)
      }
    guard found == 0 else {
      throw TransportError("no DPDK device \(deviceName ?? "at all"): \(dpdkText(found))")
    }
    let memory = DpdkMemory()
    // SAFETY: `memory` keeps the pool as long as the port lives.
    let pool = unsafe try memory.makePool(
      frameCount: configuration.frameCount, node: causeway_dpdk_port_node(number))
    unsafe try self.init(
      starting: number, configuration: configuration, memory: memory, pool: pool)
  }

  /// Two ports in this process, each sending into the ring the other receives from.
  ///
  /// Each has its own thread or both have one. `capacity` is a power of two; each ring holds one
  /// frame less.
  public static func makeRingPair(
    _ first: DpdkConfiguration, _ second: DpdkConfiguration, capacity: UInt32 = 1_024
  ) throws(TransportError) -> DpdkRingPair {
    // SAFETY: `memory` keeps pools and rings as long as either port lives.
    let memory = DpdkMemory()
    let firstPool = unsafe try memory.makePool(frameCount: first.frameCount, node: 0)
    let secondPool = unsafe try memory.makePool(frameCount: second.frameCount, node: 0)
    let there = unsafe try memory.makeRing(capacity: capacity)
    let back = unsafe try memory.makeRing(capacity: capacity)
    let firstNumber = unsafe try ringPort(receive: back, send: there)
    let secondNumber = unsafe try ringPort(receive: there, send: back)
    return DpdkRingPair(
      first: unsafe try DpdkPort(
        starting: firstNumber, configuration: first, memory: memory, pool: firstPool),
      second: unsafe try DpdkPort(
        starting: secondNumber, configuration: second, memory: memory, pool: secondPool))
  }

  private static func ringPort(
    receive: causeway_dpdk_ring, send: causeway_dpdk_ring
  ) throws(TransportError) -> UInt16 {
    var number: UInt16 = 0
    // SAFETY: the callee copies the name; the rings live as long as both ports.
    let error = unsafe causeway_dpdk_port_from_rings(
      "pair\(DpdkMemory.freshNumber())", receive, send, &number)
    guard error == 0 else {
      throw TransportError("DPDK: no port over rings: \(dpdkText(error))")
    }
    return number
  }

  private init(
    starting number: UInt16, configuration: DpdkConfiguration, memory: DpdkMemory,
    pool: causeway_dpdk_pool
  ) throws(TransportError) {
    var step: Int32 = 0
    // SAFETY: `memory` keeps the pool; `step` lives for the call.
    let error = unsafe causeway_dpdk_port_start(
      number, pool, configuration.receiveDescriptors, configuration.sendDescriptors, &step)
    guard error == 0 else {
      throw TransportError(
        "DPDK port \(number): \(Self.stepName(step)) failed: \(dpdkText(error))")
    }
    var endpoint = configuration.endpoint
    if endpoint.ethernet == 0 {
      // SAFETY: the pointer lives for the call.
      let asked = unsafe causeway_dpdk_port_ethernet(number, &endpoint.ethernet)
      guard asked == 0, endpoint.ethernet != 0 else {
        causeway_dpdk_port_stop(number)
        throw TransportError(
          "DPDK port \(number) has no Ethernet address of its own: name one")
      }
    }
    // SAFETY: `memory` keeps the pool.
    unsafe self.init(
      number: number, endpoint: endpoint, configuration: configuration, memory: memory,
      pool: pool)
  }

  private static func stepName(_ step: Int32) -> StaticString {
    switch step {
    case 0: "describing the device"
    case 1: "configuring one queue each way"
    case 2: "choosing the number of descriptors"
    case 3: "setting up the receive queue"
    case 4: "setting up the send queue"
    default: "starting the device"
    }
  }
}
