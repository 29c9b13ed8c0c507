// swift-format-ignore-file: AlwaysUseLowerCamelCase

// The names are those of the header.
import CBook
import Matching
import VenueTypes

// The functions of causeway_book.h that take out reports and look into books.
//
// They are `@unsafe`: handles are null or alive, and other pointers null or good for their count,
// as the header asks. Null is looked for first.

@c @implementation @unsafe
public func causeway_book_poll(
  _ handle: OpaquePointer!, _ out: UnsafeMutablePointer<causeway_book_report>!, _ count: Int
) -> Int {
  guard let handle = unsafe unwrap(handle), let out = unsafe out else { return 0 }
  var copied = 0
  while copied < count {
    let piece = unsafe handle.pointee.sink.ring.piece
    let taken = unsafe min(piece.count, count - copied)
    if taken == 0 { break }
    unsafe (out + copied).update(from: piece.first, count: taken)
    copied += unsafe handle.pointee.sink.ring.release(taken)
  }
  return copied
}

@c @implementation @unsafe
public func causeway_book_peek(
  _ handle: OpaquePointer!, _ first: UnsafeMutablePointer<UnsafePointer<causeway_book_report>?>!
) -> Int {
  guard let first = unsafe first else { return 0 }
  unsafe first.pointee = nil
  guard let handle = unsafe unwrap(handle) else { return 0 }
  let piece = unsafe handle.pointee.sink.ring.piece
  guard unsafe piece.count > 0 else { return 0 }
  unsafe first.pointee = piece.first
  return unsafe piece.count
}

@c @implementation @unsafe
public func causeway_book_release(_ handle: OpaquePointer!, _ count: Int) -> Int {
  guard let handle = unsafe unwrap(handle) else { return 0 }
  // What is negative here was a count above all others.
  return unsafe handle.pointee.sink.ring.release(count < 0 ? .max : count)
}

@c @implementation @unsafe
public func causeway_book_report_count(_ handle: OpaquePointer!) -> Int {
  guard let handle = unsafe unwrap(handle) else { return 0 }
  return unsafe handle.pointee.sink.ring.count
}

@c @implementation @unsafe
public func causeway_book_live_count(_ handle: OpaquePointer!) -> UInt32 {
  guard let handle = unsafe unwrap(handle) else { return 0 }
  return unsafe handle.pointee.liveCount
}

@c @implementation @unsafe
public func causeway_book_top(
  _ handle: OpaquePointer!, _ book: UInt32, _ out: UnsafeMutablePointer<causeway_book_top_of_book>!
) -> Int32 {
  guard let handle = unsafe unwrap(handle), let out = unsafe out else {
    return Int32(CAUSEWAY_BOOK_NULL)
  }
  guard unsafe handle.pointee.isListed(book) else { return Int32(CAUSEWAY_BOOK_BAD_BOOK) }
  let bid = unsafe handle.pointee.books.bestTick(book, .buy)
  let offer = unsafe handle.pointee.books.bestTick(book, .sell)
  unsafe out.pointee = causeway_book_top_of_book(
    bid: handle.pointee.level(book, .buy, at: bid),
    offer: handle.pointee.level(book, .sell, at: offer))
  return Int32(CAUSEWAY_BOOK_OK)
}

@c @implementation @unsafe
public func causeway_book_depth(
  _ handle: OpaquePointer!, _ book: UInt32, _ side: UInt32,
  _ out: UnsafeMutablePointer<causeway_book_level>!, _ levels_max: Int,
  _ count: UnsafeMutablePointer<Int>!
) -> Int32 {
  unsafe count?.pointee = 0
  guard let handle = unsafe unwrap(handle), let count = unsafe count else {
    return Int32(CAUSEWAY_BOOK_NULL)
  }
  if levels_max != 0, unsafe out == nil { return Int32(CAUSEWAY_BOOK_NULL) }
  guard unsafe handle.pointee.isListed(book) else { return Int32(CAUSEWAY_BOOK_BAD_BOOK) }
  guard side <= 1, let side = Side(rawValue: UInt8(truncatingIfNeeded: side)) else {
    return Int32(CAUSEWAY_BOOK_BAD_ENUMERATION)
  }
  guard let out = unsafe out else { return Int32(CAUSEWAY_BOOK_OK) }
  let levelsMax = levels_max < 0 ? Int.max : levels_max
  var found = 0
  var next = unsafe handle.pointee.books.bestTick(book, side)
  while let priceTick = next, found < levelsMax {
    unsafe out[found] = handle.pointee.level(book, side, at: priceTick)
    found &+= 1
    next = unsafe handle.pointee.books.nextTick(book, side, worseThan: priceTick)
  }
  unsafe count.pointee = found
  return Int32(CAUSEWAY_BOOK_OK)
}

@c @implementation @unsafe
public func causeway_book_order(
  _ handle: OpaquePointer!, _ order: UInt32,
  _ out: UnsafeMutablePointer<causeway_book_order_status>!
) -> Int32 {
  guard let handle = unsafe unwrap(handle), let out = unsafe out else {
    return Int32(CAUSEWAY_BOOK_NULL)
  }
  guard unsafe order &- 1 < handle.pointee.books.ordersMax else {
    return Int32(CAUSEWAY_BOOK_BAD_ORDER)
  }
  guard let status = unsafe handle.pointee.status(of: order) else {
    return Int32(CAUSEWAY_BOOK_UNKNOWN_ORDER)
  }
  unsafe out.pointee = status
  return Int32(CAUSEWAY_BOOK_OK)
}
