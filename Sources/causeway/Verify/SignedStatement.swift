import ChainAccess
import Foundation
import Hashing
import Signing
import StateCommitments

/// A head or a batch header that somebody signed for one vault.
struct SignedStatement: Equatable {
  enum Kind: Equatable {
    /// A head of the receipt chain; its number is a global sequence number.
    case head
    /// A batch's header: its 192 octets; its number is the batch's.
    case header([UInt8])
  }

  let kind: Kind
  let number: UInt64
  /// What is said of the number: the head, or the header's hash.
  let hash: KeccakDigest
  let signature: RecoverableSignature
  let chainID: UInt64
  let vault: SignerAddress
  let signer: SignerAddress

  /// - Throws: `VerificationError` when nobody can have signed it.
  private init(
    _ kind: Kind, number: UInt64, hash: KeccakDigest, signature: RecoverableSignature,
    chainID: UInt64, vault: SignerAddress
  ) throws {
    let statement: SettlementStatement =
      kind == .head ? .head(sequence: number, head: hash) : .batch(header: hash)
    let domain = SettlementDomain(chainID: chainID, contract: vault)
    do {
      signer = try signature.signer(of: domain.digest(statement))
    } catch {
      throw VerificationError("the signature for number \(number): \(error)")
    }
    self.kind = kind
    self.number = number
    self.hash = hash
    self.signature = signature
    self.chainID = chainID
    self.vault = vault
  }

  init(_ head: SignedHead, chainID: UInt64, vault: SignerAddress) throws {
    try self.init(
      .head, number: head.sequence, hash: head.head, signature: head.signature, chainID: chainID,
      vault: vault)
  }

  /// - Throws: `VerificationError` for a manifest whose header is not that of its fields.
  init(_ manifest: BatchManifest) throws {
    let header: BatchHeader
    let signature: RecoverableSignature
    let vault: SignerAddress
    do {
      header = try manifest.batchHeader()
      signature = RecoverableSignature(
        r: try BatchManifest.digest(manifest.r), vs: try BatchManifest.digest(manifest.vs))
      vault = try SignerAddress(text: manifest.vault)
    } catch {
      throw VerificationError("the manifest of batch \(manifest.number): \(error)")
    }
    guard header.hash.hexadecimal == manifest.header else {
      throw VerificationError(
        "the manifest of batch \(manifest.number): its header is not that of its fields")
    }
    try self.init(
      .header(header.octets), number: header.number, hash: header.hash, signature: signature,
      chainID: manifest.chainID, vault: vault)
  }

  /// All statements of a file: a batch's manifest, a receipt proof, or a venue's file of signed
  /// heads. The latter names no vault: `place` does.
  ///
  /// - Throws: `ConfigurationError` for a file that is none of these, `VerificationError` for a
  ///   statement that nobody signed.
  static func read(
    _ path: String, place: (chainID: UInt64, vault: SignerAddress)?
  ) throws -> [SignedStatement] {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw ConfigurationError(path, "cannot be read")
    }
    if let manifest = try? JSONDecoder().decode(BatchManifest.self, from: data) {
      return [try SignedStatement(manifest)]
    }
    if let proof = try? ReceiptProof(path: path) {
      let domain = try proof.domain()
      let head = try proof.head()
      return [try SignedStatement(head, chainID: domain.chainID, vault: domain.vault)]
    }
    guard let header = RecordFile.header(path, byteCount: 16),
      header == SignedHead.header(BigEndian.value(header[8...])),
      let records = RecordFile.records(
        path, header: header, recordByteCount: SignedHead.recordByteCount)
    else {
      throw ConfigurationError(
        path, "is neither a batch's manifest, nor a receipt proof, nor a file of signed heads")
    }
    guard let place else {
      throw ConfigurationError(path, "names no vault; give --chain-id and --vault")
    }
    return try records.map {
      try SignedStatement(SignedHead(record: $0), chainID: place.chainID, vault: place.vault)
    }
  }
}

extension BatchHeader {
  /// The 192 octets that are hashed.
  var octets: [UInt8] {
    let numbers = [number, firstSequence, lastSequence].flatMap(BigEndian.octets)
    let digests = [previousRoot, newRoot, riskTableHash, receiptRoot, dataHash]
    return numbers + digests.flatMap(\.octets) + BigEndian.octets(time)
  }
}

/// Two statements of one signer for one number that cannot both be true: what costs the bond.
struct Equivocation: Equatable {
  let first: SignedStatement
  let second: SignedStatement

  /// The first number about which the two lists disagree.
  ///
  /// - Parameter sequencer: who must have signed both; nil = the same, whoever it is.
  /// - Throws: `VerificationError` when there is no such number.
  init(
    _ first: [SignedStatement], _ second: [SignedStatement], sequencer: SignerAddress?
  ) throws {
    let ours = { (one: SignedStatement) in sequencer.map { $0 == one.signer } ?? true }
    guard first.contains(where: ours), second.contains(where: ours) else {
      throw VerificationError(
        "nothing there is signed by \(sequencer.map { "\($0)" } ?? "anybody")")
    }
    for one in first where ours(one) {
      let other = second.first {
        $0.isHead == one.isHead && $0.number == one.number && $0.hash != one.hash
          && $0.signer == one.signer && $0.chainID == one.chainID && $0.vault == one.vault
      }
      guard let other else { continue }
      self.first = one
      self.second = other
      return
    }
    throw VerificationError(
      "no two statements there have one number, one kind, one signer and one vault and differ")
  }
}

extension SignedStatement {
  var isHead: Bool { kind == .head }
}
