import ArgumentParser
import ChainAccess
import Signing

/// `causeway verify order`: a maker shows that its cancel came before somebody's order.
struct VerifyOrderCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "order",
    abstract: "Which of two messages was sequenced first, by proofs that verify receipt exported.")

  @Option(help: "Proof of the message that is said to be first.")
  var first: String

  @Option(help: "Proof of the other message.")
  var second: String

  @Option(help: "Address that must have signed both.")
  var sequencer: String?

  @Flag(help: "Print one line of JSON.")
  var json = false

  func run() throws {
    let wanted = try sequencer.map { try ChainOptions.address($0, "--sequencer") }
    let proofs = [try ReceiptProof(path: first), try ReceiptProof(path: second)]
    try Verdict.tell(json: json) {
      let findings = try Self.findings(proofs, sequencer: wanted)
      return (
        findings,
        "command \(findings[0].globalSequence) (message \(findings[0].clientSequence) of session "
          + "\(findings[0].session)) was sequenced before command "
          + "\(findings[1].globalSequence) (message \(findings[1].clientSequence) of session "
          + "\(findings[1].session)); signed by \(findings[0].sequencer)"
      )
    }
  }

  /// Two receipts of one venue, the first sequenced first.
  ///
  /// - Throws: `VerificationError`.
  static func findings(
    _ proofs: [ReceiptProof], sequencer: SignerAddress?
  ) throws -> [ReceiptFinding] {
    var findings: [ReceiptFinding] = []
    for (name, proof) in zip(["first", "second"], proofs) {
      do {
        findings.append(ReceiptFinding(try proof.check(sequencer: sequencer), proof))
      } catch {
        throw VerificationError("the \(name) proof: \(error)")
      }
    }
    guard try proofs[0].domain() == proofs[1].domain() else {
      throw VerificationError("the proofs are of two venues, or of two sequencers")
    }
    let (one, other) = (findings[0].globalSequence, findings[1].globalSequence)
    guard one != other else { throw VerificationError("both proofs are of command \(one)") }
    guard one < other else {
      throw VerificationError("the second was sequenced first: command \(other) before \(one)")
    }
    return findings
  }
}
