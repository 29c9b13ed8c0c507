// swift-format-ignore-file: AlwaysUseLowerCamelCase

// The names are those of the header.
import CBook

// The functions of causeway_book.h that make, fill and end a handle.
//
// They are `@unsafe`: handles are null or alive, and other pointers null or good for what the
// header asks. Null is looked for first.

/// What an opaque pointer points at; nil for null.
///
/// - Safety: `handle` is null or came from `causeway_book_create` and was not destroyed.
@inline(__always) @unsafe
func unwrap(_ handle: OpaquePointer?) -> UnsafeMutablePointer<BookHandle>? {
  guard let handle = unsafe handle else { return nil }
  return unsafe UnsafeMutablePointer<BookHandle>(handle)
}

@c @implementation
public func causeway_book_abi() -> UInt32 { CAUSEWAY_BOOK_ABI }

@c @implementation @unsafe
public func causeway_book_memory_bytes(_ sizes: UnsafePointer<causeway_book_sizes>!) -> UInt64 {
  guard let sizes = unsafe sizes, let checked = unsafe BookSizes(sizes.pointee) else { return 0 }
  return checked.byteCount
}

@c @implementation @unsafe
public func causeway_book_create(
  _ abi: UInt32, _ sizes: UnsafePointer<causeway_book_sizes>!,
  _ out: UnsafeMutablePointer<OpaquePointer?>!
) -> Int32 {
  guard let out = unsafe out else { return Int32(CAUSEWAY_BOOK_NULL) }
  unsafe out.pointee = nil
  guard let sizes = unsafe sizes else { return Int32(CAUSEWAY_BOOK_NULL) }
  guard abi == CAUSEWAY_BOOK_ABI else { return Int32(CAUSEWAY_BOOK_WRONG_ABI) }
  guard let checked = unsafe BookSizes(sizes.pointee) else {
    return Int32(CAUSEWAY_BOOK_BAD_SIZES)
  }
  guard BookSizes.canMap(checked.byteCount) else { return Int32(CAUSEWAY_BOOK_NO_MEMORY) }
  let handle = UnsafeMutablePointer<BookHandle>.allocate(capacity: 1)
  unsafe handle.initialize(to: BookHandle(checked))
  unsafe out.pointee = OpaquePointer(handle)
  return Int32(CAUSEWAY_BOOK_OK)
}

@c @implementation @unsafe
public func causeway_book_destroy(_ handle: OpaquePointer!) {
  guard let handle = unsafe unwrap(handle) else { return }
  unsafe handle.deinitialize(count: 1)
  unsafe handle.deallocate()
}

@c @implementation @unsafe
public func causeway_book_list(
  _ handle: OpaquePointer!, _ book: UInt32, _ band_ticks: UInt32, _ shape: UInt32
) -> Int32 {
  guard let handle = unsafe unwrap(handle) else { return Int32(CAUSEWAY_BOOK_NULL) }
  return unsafe Int32(
    truncatingIfNeeded: handle.pointee.list(book, bandWidth: band_ticks, shape: shape))
}

@c @implementation @unsafe
public func causeway_book_reset(_ handle: OpaquePointer!) -> Int32 {
  guard let handle = unsafe unwrap(handle) else { return Int32(CAUSEWAY_BOOK_NULL) }
  unsafe handle.pointee.reset()
  return Int32(CAUSEWAY_BOOK_OK)
}
