import ArgumentParser
import ChainAccess
import Signing

/// `causeway verify receipt`.
struct VerifyReceiptCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "receipt",
    abstract: "When a client's message was sequenced, by receipts and a signed head.",
    discussion: """
      From a venue's folder with --directory, --session and --client-sequence; --export writes \
      what shows it to a file, which --proof checks without the folder.
      """)

  @Option(help: "Folder of a venue's settlement.")
  var directory: String?

  @Option(help: "The session's identifier.")
  var session: UInt64?

  @Option(help: "The client's sequence number of the message.")
  var clientSequence: UInt64?

  @Option(help: "Demand that it was sequenced before this command.")
  var before: UInt64?

  @Option(help: "Write a proof that needs nothing else to this file.")
  var export: String?

  @Option(help: "Check this proof instead of a folder.")
  var proof: String?

  @Option(help: "Address that must have signed; without it the one that is named there.")
  var sequencer: String?

  @Flag(help: "Print one line of JSON.")
  var json = false

  func validate() throws {
    let isFolder = directory != nil && session != nil && clientSequence != nil
    let isEmpty = directory == nil && session == nil && clientSequence == nil
    guard proof == nil ? isFolder : isEmpty && export == nil else {
      throw ValidationError(
        "give either --proof, or --directory, --session and --client-sequence")
    }
  }

  func run() throws {
    let wanted = try sequencer.map { try ChainOptions.address($0, "--sequencer") }
    let given = try proof.map { try ReceiptProof(path: $0) }
    let folder = directory.map { SettlementFolder(path: $0) }
    try Verdict.tell(json: json) {
      guard let proof = try given ?? folder.map(find) else {
        throw VerificationError("nothing was given")
      }
      let finding = ReceiptFinding(try proof.check(sequencer: wanted), proof)
      if let before, finding.globalSequence >= before {
        throw VerificationError("it is command \(finding.globalSequence), not before \(before)")
      }
      if let export { try proof.write(to: export) }
      return (finding, finding.text)
    }
  }

  private func find(_ folder: SettlementFolder) throws -> ReceiptProof {
    let (session, message) = (self.session ?? 0, clientSequence ?? 0)
    let last = try folder.lastOfAll()
    let manifest: BatchManifest
    do {
      manifest = try folder.manifest(last)
    } catch {
      throw VerificationError("\(error)")
    }
    let domain = try SignatureDomain(manifest)
    // The open batch has receipts too.
    for batch in 1...last + 1 {
      let file = try ReceiptChainFile(folder, batch: batch)
      if let proof = try file?.proof(session: session, clientSequence: message, domain) {
        return proof
      }
    }
    throw VerificationError("session \(session) has no receipt of message \(message)")
  }
}

/// A receipt that holds.
struct ReceiptFinding: Encodable, Equatable {
  var session: UInt64
  var clientSequence: UInt64
  var globalSequence: UInt64
  /// Nanoseconds since the Unix epoch.
  var receiveTime: UInt64
  var headSequence: UInt64
  var head: String
  var sequencer: String

  init(_ entry: ReceiptProof.Entry, _ proof: ReceiptProof) {
    session = entry.session
    clientSequence = entry.clientSequence
    globalSequence = entry.globalSequence
    receiveTime = entry.receiveTime
    headSequence = proof.signedHead.sequence
    head = proof.signedHead.head
    sequencer = proof.sequencer
  }

  var text: String {
    "message \(clientSequence) of session \(session) is command \(globalSequence), received at "
      + "\(receiveTime) ns; the head of command \(headSequence), \(head), signed by "
      + "\(sequencer), covers it"
  }
}
