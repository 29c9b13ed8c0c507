import FixedContainers
import Foundation
import Hashing
import Journaling
import VenueCore
import VenueTypes

/// The whole state of a venue at one place of its journal, as a file.
///
/// ```
/// octets 0  magic "CWSNAP01"        8  format version, u64     16  venue, u64
///       24  genesis command, 56    80  journal place, 72      152  state hash, u64
///      160  octets of the core's image, u64                   168  octets of the rest, u64
///      176  both images, then the CRC-32C of all before it, u32
/// ```
///
/// An image lies as in memory: only the program version that wrote it can read it, and it says so
/// (each block carries its element's size). It is a short cut and nothing more: what a damaged or
/// foreign one costs is a longer replay.
struct SnapshotFile {
  static let magic = Array("CWSNAP01".utf8)
  static let version: UInt64 = 1
  private static let headByteCount = 176
  /// Of the kind in a command.
  private static let kindOffset = 53

  var venueID: UInt64
  var genesis: Command
  var place: JournalPlace
  var stateHash: UInt64
  var core: [UInt8]
  var rest: [UInt8]

  var sequence: UInt64 { place.position.sequence }

  /// Sorts by sequence; ends with the checksum, so that equal names mean equal contents.
  func name(checksum: UInt32) -> String {
    let number = String(sequence)
    let padded = String(repeating: "0", count: max(0, 20 - number.count)) + number
    return "snapshot-\(padded)-\(hexadecimal(UInt64(checksum)).suffix(8)).cws"
  }

  var octets: [UInt8] {
    var octets = Self.magic
    Self.append(Self.version, to: &octets)
    Self.append(venueID, to: &octets)
    Self.append(genesis, to: &octets)
    Self.append(place.segment, to: &octets)
    Self.append(UInt64(place.byteOffset), to: &octets)
    Self.append(place.position, to: &octets)
    Self.append(stateHash, to: &octets)
    Self.append(UInt64(core.count), to: &octets)
    Self.append(UInt64(rest.count), to: &octets)
    octets += core
    octets += rest
    Self.append(Self.checksum(octets[...]), to: &octets)
    return octets
  }

  init(
    venueID: UInt64, genesis: Command, place: JournalPlace, stateHash: UInt64, core: [UInt8],
    rest: [UInt8]
  ) {
    self.venueID = venueID
    self.genesis = genesis
    self.place = place
    self.stateHash = stateHash
    self.core = core
    self.rest = rest
  }

  /// Reads the octets of a file; throws one line saying what is wrong with them.
  init(_ octets: [UInt8]) throws(SnapshotFault) {
    guard octets.count >= Self.headByteCount + 4 else { throw .cut(octets.count) }
    guard Array(octets[0..<8]) == Self.magic else { throw .magic }
    let end = octets.count - 4
    guard Self.value(octets, end, UInt32.self) == Self.checksum(octets[..<end]) else {
      throw .checksum
    }
    let version = Self.value(octets, 8, UInt64.self)
    guard version == Self.version else { throw .version(version) }
    venueID = Self.value(octets, 16, UInt64.self)
    // Any other octet might be no value of the type.
    // SAFETY: the buffer covers the temporary value.
    let kind = unsafe withUnsafeBytes(of: Command(kind: .genesis)) { unsafe $0[Self.kindOffset] }
    guard octets[24 + Self.kindOffset] == kind else { throw .genesis }
    genesis = Self.value(octets, 24, Command.self)
    place = JournalPlace(
      segment: Self.value(octets, 80, UInt64.self),
      byteOffset: Int(clamping: Self.value(octets, 88, UInt64.self)),
      position: Self.value(octets, 96, JournalPosition.self))
    stateHash = Self.value(octets, 152, UInt64.self)
    let coreCount = Int(clamping: Self.value(octets, 160, UInt64.self))
    let restCount = Int(clamping: Self.value(octets, 168, UInt64.self))
    guard coreCount <= end, restCount <= end, Self.headByteCount + coreCount + restCount == end
    else { throw .cut(octets.count) }
    core = Array(octets[Self.headByteCount..<Self.headByteCount + coreCount])
    rest = Array(octets[Self.headByteCount + coreCount..<end])
  }

  static func checksum(_ octets: ArraySlice<UInt8>) -> UInt32 {
    // SAFETY: the buffer is the slice's, for the time of the call.
    unsafe octets.withUnsafeBytes { unsafe CRC32C.checksum($0) }
  }

  private static func append<Value: BitwiseCopyable>(_ value: Value, to octets: inout [UInt8]) {
    // SAFETY: the buffer covers the local value; little-endian machines only.
    unsafe withUnsafeBytes(of: value) { unsafe octets.append(contentsOf: $0) }
  }

  private static func value<Value: BitwiseCopyable>(
    _ octets: [UInt8], _ offset: Int, _: Value.Type
  ) -> Value {
    precondition(offset + MemoryLayout<Value>.size <= octets.count, "checked by the caller")
    // SAFETY: checked above; all bit patterns of what is read here are values.
    return unsafe octets.withUnsafeBytes {
      unsafe $0.loadUnaligned(fromByteOffset: offset, as: Value.self)
    }
  }
}

/// Why a file is no usable snapshot.
enum SnapshotFault: Error, CustomStringConvertible {
  case cut(Int)
  case magic
  case checksum
  case version(UInt64)
  case genesis
  case stateHash
  case otherVenue

  var description: String {
    switch self {
    case .cut(let count): "is cut: \(count) octets are too few"
    case .magic: "is no snapshot: it does not begin with CWSNAP01"
    case .checksum: "is damaged: its checksum does not agree"
    case .version(let version): "has format \(version); this program reads \(SnapshotFile.version)"
    case .genesis: "does not carry the venue's first command"
    case .stateHash: "does not give the state it says it holds"
    case .otherVenue: "is of another venue, or of other limits"
    }
  }
}
