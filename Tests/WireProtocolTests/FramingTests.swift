import TestSupport
import Testing
import VenueTypes
import WireProtocol

@Suite("Framing")
struct FramingTests {
  /// A new order as a client sends it, written out by hand; PROTOCOL.md shows the same octets.
  static let newOrderDatagram = unhex(
    "a7010201" + "05000000" + "0700000000000000" + "2a00000000000000" + "0000636b0f67a317"
      + "3000" + "6400" + "0510" + "0000" + "4000" + "0300" + "00000000"
      + "e903000000000000" + "11000000" + "00000000" + "0054ce0923010000" + "0000000000000000"
      + "0a000000" + "0100" + "0000" + "01" + "02" + "01" + "00" + "00" + "00" + "0000"
      + "1122334455667788")

  @Test func `a hand-written new order is read field by field`() throws {
    let bytes = Self.newOrderDatagram
    #expect(bytes.count == 32 + 16 + 48 + 8)
    try bytes.withUnsafeBytes { buffer in
      let packet = try #require(PacketView(buffer.baseAddress!, byteCount: buffer.count))
      #expect(packet.header.flags == .authTag)
      #expect(packet.header.messageCount == 1)
      #expect(packet.header.sessionToken == 5)
      #expect(packet.header.seqNo == 7)
      #expect(packet.header.ackSeqNo == 42)
      #expect(packet.header.sendTime == 1_703_318_400_000_000_000)
      #expect(packet.tag == 0x8877_6655_4433_2211)
      #expect(packet.coveredByteCount == 96)
      var cursor = packet.messages
      let first = cursor.next()
      let message = try #require(first)
      #expect(OrderEntryTemplate(of: message) == .newOrder)
      let order = try #require(NewOrderView(message))
      #expect(order.clOrdId == 1_001)
      #expect(order.instrumentId == 17)
      #expect(order.price == 1_250_000_000_000)
      #expect(order.qty == 10)
      #expect(order.flags == .postOnly)
      #expect(order.side == .buy)
      #expect(order.ordType == .limit)
      #expect(order.tif == .goodTillCancel)
      #expect(order.selfMatchMode == .cancelAggressor)
      let second = cursor.next()
      #expect(second == nil)
      #expect(cursor.fault == .none)
    }
  }

  @Test func `the same new order is written octet by octet`() {
    var order = NewOrderMessage()
    order.clOrdId = 1_001
    order.instrumentId = 17
    order.price = 1_250_000_000_000
    order.qty = 10
    order.flags = .postOnly
    order.tif = .goodTillCancel
    let written = onHeap(count: 104) { bytes in
      let header = PacketHeader(
        flags: .authTag, sessionToken: 5, seqNo: 7, ackSeqNo: 42,
        sendTime: 1_703_318_400_000_000_000)
      var packet = PacketBuilder(into: bytes, byteCount: 104, header: header)
      let fits = packet.append(order)
      #expect(fits)
      let fitsTwice = packet.append(order)
      #expect(!fitsTwice)
      let count = packet.finish()
      #expect(packet.coveredByteCount == 96)
      packet.setTag(0x8877_6655_4433_2211)
      return count
    }
    #expect(hex(written) == hex(Self.newOrderDatagram))
  }

  /// One fault a row, and every earlier check passes: the order of the rows is the precedence.
  @Test func `a faulty frame is refused by the first rule it breaks`() {
    let good = Self.newOrderDatagram
    func changed(_ offset: Int, _ value: UInt8) -> [UInt8] {
      var bytes = good
      bytes[offset] = value
      return bytes
    }
    func fault(_ bytes: [UInt8]) -> FramingFault {
      bytes.withUnsafeBytes { buffer in
        let frame = PacketView.fault(of: buffer.baseAddress!, byteCount: buffer.count)
        let packet = PacketView(buffer.baseAddress!, byteCount: buffer.count)
        #expect((packet == nil) == (frame != .none))
        return packet?.messageFault ?? frame
      }
    }
    #expect(fault(good) == .none)
    #expect(fault(Array(good[..<31])) == .shortDatagram)
    #expect(fault([0] + good[1..<31]) == .shortDatagram)
    #expect(fault(good + [UInt8](repeating: 0, count: 1_369)) == .longDatagram)
    #expect(fault([0, 9, 255] + good[3...]) == .wrongProtocol)
    #expect(fault([0xA7, 9, 255] + good[3...]) == .wrongHeaderVersion)
    #expect(fault([0xA7, 1, 0x12] + good[3..<32]) == .unknownFlags)
    #expect(fault([0xA7, 1, 2] + good[3..<39]) == .missingTag)
    #expect(fault(Array(good[..<40])) == .truncatedMessageHeader)
    #expect(fault(Array(good[..<55])) == .truncatedMessageHeader)
    #expect(fault(changed(40, 8)) == .badMessageLength)
    #expect(fault(changed(40, 63)) == .badMessageLength)
    #expect(fault(changed(40, 72)) == .truncatedMessage)
    #expect(fault(changed(41, 255)) == .truncatedMessage)
    #expect(fault(changed(3, 2)) == .truncatedMessageHeader)
    #expect(fault(changed(3, 0)) == .trailingBytes)
    #expect(fault(changed(3, 255)) == .trailingBytes)
    #expect(fault(changed(40, 56)) == .trailingBytes)
  }

  @Test func `a heartbeat has no messages and no fault`() throws {
    for count in [WireLimits.heartbeatMessageCount, WireLimits.endOfSessionMessageCount] {
      var bytes = Array(Self.newOrderDatagram[..<32])
      bytes[2] = 0
      bytes[3] = count
      try bytes.withUnsafeBytes { buffer in
        let packet = try #require(PacketView(buffer.baseAddress!, byteCount: 32))
        #expect(packet.messageFault == .none)
        #expect(packet.tag == nil)
        #expect(packet.coveredByteCount == 32)
      }
    }
  }

  /// Goal: a datagram takes what fits into 1,472 octets and no more. Method: append until refused,
  /// with and without tag, then read everything back.
  @Test(arguments: [PacketFlags(), .authTag], [96, 104, 111, 500, 1_472])
  func `a packet is filled to its limit and read back`(flags: PacketFlags, room: Int) throws {
    var appended = 0
    let bytes = onHeap(count: room) { bytes in
      var packet = PacketBuilder(
        into: bytes, byteCount: room, header: PacketHeader(flags: flags, seqNo: 1))
      var cancel = CancelMessage()
      while true {
        cancel.clOrdId = UInt64(appended)
        guard packet.append(cancel) else { break }
        appended += 1
      }
      #expect(packet.roomByteCount < CancelMessage.encodedByteCount)
      return packet.finish()
    }
    #expect(appended == (room - 32 - (flags == .authTag ? 8 : 0)) / 40)
    try bytes.withUnsafeBytes { buffer in
      let packet = try #require(PacketView(buffer.baseAddress!, byteCount: buffer.count))
      #expect(Int(packet.header.messageCount) == appended)
      var cursor = packet.messages
      var read: UInt64 = 0
      while let message = cursor.next() {
        #expect(CancelView(message)?.clOrdId == read)
        read += 1
      }
      #expect(Int(read) == appended)
      #expect(cursor.fault == .none)
    }
  }

  /// Goal: a group takes exactly what fits. Method: fill one in every room from nothing to a whole
  /// datagram; octets behind the room are checked by their fill.
  @Test func `a group is filled to its limit`() {
    for room in stride(from: 0, through: 1_472, by: 4) {
      var count = 0
      let written = onHeap(count: room) { bytes in
        guard
          var builder = GroupBuilder(into: bytes, byteCount: room, root: OrdersCanceledMessage())
        else { return 0 }
        while builder.append(OrdersCanceledMessage.Order()) { count += 1 }
        #expect(builder.count == count)
        return builder.finish()
      }
      if room < 56 {
        #expect(written.isEmpty)
      } else {
        #expect(count == ((room & ~7) - 56) / 24)
        #expect(written.count == 56 + 24 * count)
      }
    }
  }

  @Test func `forty quotes fit one datagram with a tag`() {
    let bytes = onHeap(count: 1_472) { bytes in
      var packet = PacketBuilder(into: bytes, header: PacketHeader(flags: .authTag))
      guard var quotes = packet.group(MassQuoteMessage()) else { return 0 }
      #expect(quotes.room >= WireLimits.massQuoteEntryMax)
      for number in 1...WireLimits.massQuoteEntryMax {
        var quote = MassQuoteMessage.Quote()
        quote.instrumentId = UInt32(number)
        let fits = quotes.append(quote)
        #expect(fits)
      }
      packet.append(quotes)
      return packet.finish()
    }
    #expect(bytes.count == 32 + 16 + 24 + 40 * 32 + 8)
    bytes.withUnsafeBytes { buffer in
      let packet = PacketView(buffer.baseAddress!, byteCount: buffer.count)
      var cursor = packet!.messages
      let quotes = MassQuoteView(cursor.next()!)!.quotes
      #expect(quotes.count == 40)
      #expect(quotes.indices.allSatisfy { quotes[$0].instrumentId == UInt32($0 + 1) })
      #expect(quotes[0].bidPrice == WireLimits.nullPrice)
    }
  }

  @Test func `octet strings keep order and are compared as a whole`() {
    let text = Octets32(ascii: "causeway")
    #expect(octets(text) == Array("causeway".utf8) + [UInt8](repeating: 0, count: 24))
    #expect(octets(Octets16(ascii: "longer than sixteen octets")) == Array("longer than sixt".utf8))
    for index in 0..<32 {
      var other = octets(text)!
      other[index] ^= 1
      let changed = other.withUnsafeBytes { Octets32(from: $0.baseAddress!) }
      #expect(!text.equalsInConstantTime(changed))
    }
    #expect(text.equalsInConstantTime(text))
  }

  @Test func `instrument and side share one word`() {
    let sell = InstrumentAndSide(instrument: 0x7FFF_FFFF, side: .sell)
    #expect(sell.wire == .max)
    #expect(InstrumentAndSide(wire: sell.wire).side == .sell)
    let buy = InstrumentAndSide(instrument: 1, side: .buy)
    #expect(buy.wire == 1)
    #expect(InstrumentAndSide(wire: 1).side == .buy)
    #expect(InstrumentAndSide(wire: sell.wire).instrument == 0x7FFF_FFFF)
  }
}
