import Hashing
import Signing

/// Where a transaction stands.
public enum SenderState: String, Codable, Sendable {
  /// Stored and signed; no node has taken it yet.
  case unsent
  case sent
  /// In a block that is not deep enough yet.
  case mined
  /// Deep enough, and it did what it should.
  case confirmed
  /// Deep enough, and it took everything back.
  case reverted
  /// Another transaction has its nonce: it will never be mined.
  case displaced

  public var isFinal: Bool { self == .confirmed || self == .reverted || self == .displaced }
}

/// What a sender remembers over restarts: every transaction by name, with its nonce, in every form
/// it was signed in. A nonce belongs to one name for good, so a name is never executed twice.
struct SenderBook: Codable, Sendable {
  struct Entry: Codable, Sendable {
    var name: String
    var nonce: UInt64
    /// Keccak-256 of what it does, to notice another call under the same name.
    var content: String
    /// Signed payloads, newest last; they differ in fees alone.
    var attempts: [String]
    var hashes: [String]
    /// Blobs, commitments and proofs, as long as they may have to be sent again.
    var sidecar: [[String]]?
    var state = SenderState.unsent
    /// Head of the chain when it was last sent.
    var sentAt: UInt64 = 0
    var block: UInt64?
    var blockHash: String?
    /// Hash of the attempt that is in the block.
    var minedHash: String?
    var reason: String?
  }

  var version = 1
  var chainID: UInt64
  var sender: String
  /// nil before the first transaction.
  var nextNonce: UInt64?
  /// In order of nonce.
  var entries: [Entry] = []

  /// Final entries that are kept, so that their names stay taken.
  static var finalCountMax: Int { 4096 }
  /// Blocks for which what was signed is kept after it was mined: a chain that takes back more than
  /// the confirmations asked for still gets it again.
  static var keptBlocks: UInt64 { 64 }

  init(chainID: UInt64, sender: SignerAddress) {
    self.chainID = chainID
    self.sender = hexadecimal(sender.array)
  }

  func index(of name: String) -> Int? { entries.firstIndex { $0.name == name } }

  /// Whether a step has anything to look at.
  var hasWork: Bool { entries.contains { !$0.state.isFinal || !$0.attempts.isEmpty } }

  /// Forgets the oldest final entries, and what final ones no longer need.
  mutating func prune(head: UInt64) {
    for index in entries.indices where entries[index].state.isFinal {
      if let block = entries[index].block, head < block &+ Self.keptBlocks { continue }
      entries[index].sidecar = nil
      entries[index].attempts = []
    }
    var extra = entries.count { $0.state.isFinal } - Self.finalCountMax
    entries.removeAll { entry in
      guard extra > 0, entry.state.isFinal else { return false }
      extra -= 1
      return true
    }
  }

  /// Whether the file is this sender's, and each signed payload is what it says: nothing that was
  /// altered on the disk is ever sent.
  ///
  /// - Throws: `file`.
  func check(chainID: UInt64, sender: SignerAddress, path: String) throws(ChainError) {
    guard version == 1, self.chainID == chainID, self.sender == hexadecimal(sender.array) else {
      throw .file(path, "belongs to another key or chain; give the file of \(sender)")
    }
    for entry in entries where !entry.state.isFinal || !entry.attempts.isEmpty {
      guard !entry.attempts.isEmpty, entry.attempts.count == entry.hashes.count else {
        throw .file(path, "\(NodeText.clean(entry.name)) lacks what was signed")
      }
      for (payload, hash) in zip(entry.attempts, entry.hashes) {
        guard let octets = try? octets(hexadecimal: payload),
          let signed = try? SignedTransaction(payload: octets),
          (try? signed.sender()) == sender, signed.hash.hexadecimal == hash,
          signed.transaction.nonce == entry.nonce, signed.transaction.chainID == chainID
        else {
          throw .file(path, "\(NodeText.clean(entry.name)) is not what this key signed")
        }
      }
    }
  }

  /// What a call does, apart from nonce and fees.
  static func content(_ call: TransactionCall, _ sidecar: BlobSidecar?) -> String {
    let items: [RLPItem] = [
      .octets(call.to?.array ?? []), .number(call.value), .octets(call.data),
      .list((sidecar?.versionedHashes ?? []).map { .octets($0.octets) }),
    ]
    return keccak256(RLPItem.list(items).encoded).hexadecimal
  }
}

extension SenderBook.Entry {
  /// Whether a chain that counts `mined` transactions has taken it back after it was final, and it
  /// can be sent again.
  func isTakenBack(mined: UInt64) -> Bool {
    (state == .confirmed || state == .reverted) && mined <= nonce && !attempts.isEmpty
  }

  /// The newest form, as it goes to a node.
  ///
  /// - Throws: `malformed`.
  func newest() throws(ChainError) -> (signed: SignedTransaction, envelope: [UInt8]) {
    let signed = try SignedTransaction(payload: try octets(hexadecimal: attempts.last ?? ""))
    return (signed, signed.envelope(try blobs()))
  }

  func blobs() throws(ChainError) -> BlobSidecar? {
    guard let sidecar, sidecar.count == 3 else { return nil }
    var parts: [[[UInt8]]] = []
    for texts in sidecar {
      var part: [[UInt8]] = []
      for text in texts { part.append(try octets(hexadecimal: text)) }
      parts.append(part)
    }
    return try BlobSidecar(blobs: parts[0], commitments: parts[1], proofs: parts[2])
  }
}
