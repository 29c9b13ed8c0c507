// swift-format-ignore-file: AlwaysUseLowerCamelCase

// The names are those of the header.
import CBook

// The functions of causeway_book.h that change books.
//
// They are `@unsafe`: handles are null or alive, and other pointers null or good for their count,
// as the header asks. Null is looked for first.

@inline(__always) @unsafe
private func carryOut(_ handle: OpaquePointer?, _ command: causeway_book_command) -> Int32 {
  guard let handle = unsafe unwrap(handle) else { return Int32(CAUSEWAY_BOOK_NULL) }
  let code = unsafe withUnsafePointer(to: command) { unsafe handle.pointee.carryOut($0) }
  return Int32(truncatingIfNeeded: code)
}

/// A side that is none of the two stays one in a byte.
@inline(__always)
private func octet(ofSide side: UInt32) -> UInt8 { UInt8(truncatingIfNeeded: min(side, 2)) }

@c @implementation @unsafe
public func causeway_book_submit(
  _ handle: OpaquePointer!, _ command: UnsafePointer<causeway_book_command>!
) -> Int32 {
  guard let handle = unsafe unwrap(handle), let command = unsafe command else {
    return Int32(CAUSEWAY_BOOK_NULL)
  }
  return unsafe Int32(truncatingIfNeeded: handle.pointee.carryOut(command))
}

@c @implementation @unsafe
public func causeway_book_new(
  _ handle: OpaquePointer!, _ order: UInt32, _ book: UInt32, _ side: UInt32, _ tick: UInt32,
  _ quantity: UInt32
) -> Int32 {
  var command = causeway_book_command()
  command.side = octet(ofSide: side)
  command.time_in_force = UInt8(CAUSEWAY_BOOK_GOOD_TILL_CANCEL)
  command.order = order
  command.book = book
  command.tick = tick
  command.quantity = quantity
  return unsafe carryOut(handle, command)
}

@c @implementation @unsafe
public func causeway_book_market(
  _ handle: OpaquePointer!, _ order: UInt32, _ book: UInt32, _ side: UInt32, _ quantity: UInt32
) -> Int32 {
  var command = causeway_book_command()
  command.side = octet(ofSide: side)
  command.kind = UInt8(CAUSEWAY_BOOK_MARKET)
  command.order = order
  command.book = book
  command.quantity = quantity
  return unsafe carryOut(handle, command)
}

@c @implementation @unsafe
public func causeway_book_replace(
  _ handle: OpaquePointer!, _ order: UInt32, _ tick: UInt32, _ quantity: UInt32
) -> Int32 {
  var command = causeway_book_command()
  command.operation = UInt8(CAUSEWAY_BOOK_REPLACE)
  command.time_in_force = UInt8(CAUSEWAY_BOOK_GOOD_TILL_CANCEL)
  command.order = order
  command.tick = tick
  command.quantity = quantity
  return unsafe carryOut(handle, command)
}

@c @implementation @unsafe
public func causeway_book_cancel(_ handle: OpaquePointer!, _ order: UInt32) -> Int32 {
  var command = causeway_book_command()
  command.operation = UInt8(CAUSEWAY_BOOK_CANCEL)
  command.order = order
  return unsafe carryOut(handle, command)
}

@c @implementation @unsafe
public func causeway_book_apply(
  _ handle: OpaquePointer!, _ commands: UnsafePointer<causeway_book_command>!, _ count: Int,
  _ applied: UnsafeMutablePointer<Int>!
) -> Int32 {
  unsafe applied?.pointee = 0
  guard let handle = unsafe unwrap(handle) else { return Int32(CAUSEWAY_BOOK_NULL) }
  guard count != 0 else { return Int32(CAUSEWAY_BOOK_OK) }
  guard let commands = unsafe commands else { return Int32(CAUSEWAY_BOOK_NULL) }
  // Negative is what C calls more than half of all memory.
  guard count > 0 else { return Int32(CAUSEWAY_BOOK_BAD_SIZES) }
  let done = unsafe handle.pointee.apply(commands, count: count)
  unsafe applied?.pointee = done
  return Int32(done == count ? CAUSEWAY_BOOK_OK : CAUSEWAY_BOOK_REPORTS_FULL)
}
