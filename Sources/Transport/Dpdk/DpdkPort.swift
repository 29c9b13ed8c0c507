import CDpdk
import CMachine
import Hardware

/// A DPDK device: a network card, or a virtual device over sockets, shared memory, rings or files.
///
/// Speaks Ethernet, ARP, IPv4, ICMP echo and UDP itself. Received payload is lent straight from
/// the device's frames, which go back to their pool at the next `receive`; sent payload is copied
/// once, into a frame. The environment runs before the first port (`DpdkEnvironment.start`).
///
/// Give bursts a capacity of 32 or more: some drivers answer nothing to a smaller request.
@safe
public struct DpdkPort: ~Copyable, @unchecked Sendable, Port {
  // SAFETY of Sendable: queue and arrays have one owner, and pools may be used from any thread.
  public let localEndpoint: Endpoint
  internal var counted = PortCounters()
  internal let number: UInt16
  internal let memory: DpdkMemory
  internal let pool: causeway_dpdk_pool
  internal var isRunning = true
  private let checksums: ChecksumPolicy
  private let gateway: UInt32
  /// Set bits: where all direct neighbours agree.
  private let prefixMask: UInt32
  private var neighbours = AddressTable()
  /// Received frames of the current burst; then, from index 0, those lent to our user.
  private let lent: UnsafeMutablePointer<causeway_dpdk_frame>
  private var lentCount = 0
  /// Frames on their way out. No array ever holds more than `burstMax`.
  private let outgoing: UnsafeMutablePointer<causeway_dpdk_frame>
  /// Answers to ARP and ICMP found in the current burst.
  private let answers: UnsafeMutablePointer<causeway_dpdk_frame>
  private var answerCount = 0

  /// Frames moved per call of the driver.
  private static var burstMax: Int { @_noAllocation get { 64 } }
  /// Time between two questions for one neighbour.
  private static var questionIntervalNanoseconds: UInt64 { 100_000_000 }

  /// A port on a device that was started before.
  internal init(
    number: UInt16, endpoint: Endpoint, configuration: DpdkConfiguration, memory: DpdkMemory,
    pool: causeway_dpdk_pool
  ) {
    self.number = number
    localEndpoint = endpoint
    self.memory = memory
    unsafe self.pool = unsafe pool
    checksums = configuration.checksums
    gateway = configuration.gateway
    let bitCount = min(max(configuration.prefixBitCount, 0), 32)
    prefixMask = bitCount == 0 ? 0 : .max << UInt32(32 - bitCount)
    unsafe lent = .allocate(capacity: Self.burstMax)
    unsafe outgoing = .allocate(capacity: Self.burstMax)
    unsafe answers = .allocate(capacity: Self.burstMax)
  }

  deinit {
    if isRunning { stopSlow() }
    unsafe lent.deallocate()
    unsafe outgoing.deallocate()
    unsafe answers.deallocate()
  }

  /// Stops the port: what was lent is given back, frames still waiting are dropped.
  public mutating func stop() {
    guard isRunning else { return }
    stopSlow()
    lentCount = 0
    isRunning = false
  }

  private borrowing func stopSlow() {
    // SAFETY: the first `lentCount` frames are ours, and are not touched again.
    if lentCount > 0 { unsafe causeway_dpdk_free_frames(lent, UInt32(lentCount)) }
    causeway_dpdk_port_stop(number)
  }

  /// Frames of this port's pool that are not free: 0 once every port that saw them has stopped.
  public var framesInUse: Int {
    Int(unsafe causeway_dpdk_pool_in_use(pool))  // SAFETY: `memory` keeps the pool.
  }

  /// Whether the device says that its link is up.
  public var isLinkUp: Bool { causeway_dpdk_port_link(number) == 1 }

  public var counters: PortCounters {
    var current = counted
    if isRunning { current.missed = causeway_dpdk_port_missed(number) }
    return current
  }

  /// Gives the calling thread its own cache of frames.
  public mutating func adoptThread() { _ = causeway_dpdk_adopt_thread() }

  // MARK: Receiving

  @_noAllocation
  public mutating func receive(into burst: inout DatagramBurst) -> Int {
    burst.removeAll()
    // SAFETY, here and below: the first `lentCount` entries of `lent`, the first `answerCount` of
    // `answers` are frames we own; counts never exceed `burstMax`.
    if lentCount > 0 {
      unsafe causeway_dpdk_free_frames(lent, UInt32(truncatingIfNeeded: lentCount))
      lentCount = 0
    }
    let wanted = min(burst.capacity, Self.burstMax)
    let count = unsafe Int(
      causeway_dpdk_receive_burst(number, lent, UInt16(truncatingIfNeeded: wanted)))
    for index in 0..<count {
      if index &+ 2 < count {
        unsafe causeway_dpdk_prefetch(causeway_dpdk_bytes(lent[index &+ 2]))
      }
      unsafe examine(lent[index], into: &burst)
    }
    if answerCount > 0 { sendAnswersSlow() }
    counted.received &+= UInt64(truncatingIfNeeded: burst.count)
    return burst.count
  }

  /// Lends one frame's payload, or answers the frame, or drops it. Takes over `frame`.
  @inline(__always)
  private mutating func examine(_ frame: causeway_dpdk_frame, into burst: inout DatagramBurst) {
    // SAFETY: the frame is ours until it is freed, and holds `length` bytes in its first segment.
    let length = unsafe Int(causeway_dpdk_length(frame))
    let bytes = unsafe FrameBytes(base: causeway_dpdk_bytes(frame), count: length)
    guard unsafe Int(causeway_dpdk_total_length(frame)) == length else {
      unsafe dropSlow(frame, .oversized)
      return
    }
    switch parseFrame(bytes, owner: localEndpoint, checksums: checksums) {
    case .datagram(let offset, let byteCount, let endpoint):
      // SAFETY: the payload lies inside the frame; every lent frame came from one receive burst.
      unsafe burst.append(
        lent: Datagram(bytes: bytes.base + offset, byteCount: byteCount, endpoint: endpoint))
      unsafe lent[lentCount] = unsafe frame
      lentCount &+= 1
    case .address(let message):
      unsafe answerSlow(frame, message)
    case .echoRequest(let byteCount):
      unsafe echoSlow(frame, byteCount: byteCount)
    case .dropped(let reason):
      unsafe dropSlow(frame, reason)
    }
  }

  @inline(never)
  @_noAllocation
  @unsafe
  private mutating func dropSlow(_ frame: causeway_dpdk_frame, _ reason: DropReason) {
    counted.drop(reason)
    var one = unsafe frame
    unsafe causeway_dpdk_free_frames(&one, 1)
  }

  /// A question for our address is answered in its own frame; an answer to ours is learned.
  @inline(never)
  @_noAllocation
  @unsafe
  private mutating func answerSlow(_ frame: causeway_dpdk_frame, _ message: AddressMessage) {
    if message.isQuestion || neighbours.contains(message.senderAddress) {
      neighbours.learn(message.senderAddress, ethernet: message.senderEthernet)
    }
    guard message.isQuestion else {
      counted.addressAnswers &+= 1
      var one = unsafe frame
      unsafe causeway_dpdk_free_frames(&one, 1)
      return
    }
    counted.addressQuestionsAnswered &+= 1
    let length = unsafe buildAddressAnswer(room(of: frame), from: localEndpoint, to: message)
    unsafe causeway_dpdk_set_length(frame, UInt16(truncatingIfNeeded: length))
    unsafe answers[answerCount] = unsafe frame
    answerCount &+= 1
  }

  @inline(never)
  @_noAllocation
  @unsafe
  private mutating func echoSlow(_ frame: causeway_dpdk_frame, byteCount: Int) {
    counted.echoesAnswered &+= 1
    let length = unsafe turnEchoAround(room(of: frame), owner: localEndpoint, byteCount: byteCount)
    unsafe causeway_dpdk_set_length(frame, UInt16(truncatingIfNeeded: length))
    unsafe answers[answerCount] = unsafe frame
    answerCount &+= 1
  }

  @inline(never)
  @_noAllocation
  private mutating func sendAnswersSlow() {
    // SAFETY: the first `answerCount` answers are ours; `transmit` takes them over.
    let sent = unsafe transmit(answers, answerCount)
    counted.drop(.noTransmitRoom, answerCount &- sent)
    answerCount = 0
  }

  /// All the room of a frame of ours, for writing.
  @inline(__always)
  @unsafe
  private func room(of frame: causeway_dpdk_frame) -> FrameBytes {
    unsafe FrameBytes(base: causeway_dpdk_bytes(frame), count: frameRoomByteCount)
  }

  // MARK: Sending

  @_noAllocation
  public mutating func send(_ burst: inout DatagramBurst) -> Int {
    var sent = 0
    var start = 0
    while start < burst.count {
      let end = min(burst.count, start &+ Self.burstMax)
      sent &+= sendPart(&burst, from: start, to: end)
      start = end
    }
    burst.removeAll()
    counted.sent &+= UInt64(truncatingIfNeeded: sent)
    return sent
  }

  /// Sends the datagrams from `start` up to `end`, at most `burstMax`; returns how many went out.
  @inline(__always)
  private mutating func sendPart(
    _ burst: inout DatagramBurst, from start: Int, to end: Int
  ) -> Int {
    let count = end &- start
    // SAFETY: `take_frames` fills `count` frames, ours until `transmit` or free.
    guard unsafe causeway_dpdk_take_frames(pool, outgoing, UInt32(truncatingIfNeeded: count)) == 0
    else {
      counted.drop(.noTransmitRoom, count)
      return 0
    }
    var staged = 0
    for index in start..<end {
      // SAFETY: index < end, and the burst's bytes are alive until it is cleared.
      let datagram = unsafe burst[index]
      guard unsafe datagram.byteCount <= DatagramBurst.payloadByteCountMax else {
        counted.drop(.oversized)
        continue
      }
      var destination = unsafe datagram.endpoint
      if destination.ethernet == 0 {
        destination.ethernet = neighbours.ethernet(of: nextHop(to: destination.address))
        if destination.ethernet == 0 {
          counted.drop(.unresolved)
          askSlow(nextHop(to: destination.address))
          continue
        }
      }
      // SAFETY: staged < count frames were taken; a frame has room for the longest datagram.
      let frame = unsafe outgoing[staged]
      let length = unsafe buildDatagram(
        room(of: frame), from: localEndpoint, to: destination, payload: datagram.bytes,
        byteCount: datagram.byteCount)
      unsafe causeway_dpdk_set_length(frame, UInt16(truncatingIfNeeded: length))
      staged &+= 1
    }
    if staged < count {
      unsafe causeway_dpdk_free_frames(
        outgoing + staged, UInt32(truncatingIfNeeded: count &- staged))
    }
    let sent = unsafe transmit(outgoing, staged)
    counted.drop(.noTransmitRoom, staged &- sent)
    return sent
  }

  /// The neighbour that takes packets for `address`.
  @inline(__always)
  private func nextHop(to address: UInt32) -> UInt32 {
    let isNeighbour = (address ^ localEndpoint.address) & prefixMask == 0
    return gateway == 0 || isNeighbour ? address : gateway
  }

  /// Asks who has `address`, at most once per interval.
  @inline(never)
  @_noAllocation
  private mutating func askSlow(_ address: UInt32) {
    guard
      IPv4.isAnswerable(address),
      neighbours.shouldAsk(
        address, now: causeway_monotonic_nanoseconds(),
        intervalNanoseconds: Self.questionIntervalNanoseconds)
    else { return }
    // The frames of the current burst are in `outgoing`; `answers` is empty outside `receive`.
    // SAFETY: one frame is taken and handed over.
    guard unsafe causeway_dpdk_take_frames(pool, answers, 1) == 0 else { return }
    let frame = unsafe answers[0]
    let length = unsafe buildAddressQuestion(room(of: frame), from: localEndpoint, about: address)
    unsafe causeway_dpdk_set_length(frame, UInt16(truncatingIfNeeded: length))
    _ = unsafe transmit(answers, 1)
  }

  /// Hands frames to the device, in several tries; frees what it did not take. Returns how many
  /// it took.
  @inline(__always)
  @unsafe
  private func transmit(_ frames: UnsafeMutablePointer<causeway_dpdk_frame>, _ count: Int) -> Int {
    var sent = 0
    var triesLeft = 8
    while sent < count && triesLeft > 0 {
      sent &+= unsafe Int(
        causeway_dpdk_send_burst(
          number, frames + sent, UInt16(truncatingIfNeeded: count &- sent)))
      triesLeft &-= 1
    }
    if sent < count {
      unsafe causeway_dpdk_free_frames(
        frames + sent, UInt32(truncatingIfNeeded: count &- sent))
    }
    return sent
  }
}

/// `causeway_dpdk_frame_capacity`.
internal var frameRoomByteCount: Int { @_noAllocation get { 2_048 } }
