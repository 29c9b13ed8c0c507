import ChainAccess
import DataAvailability
import Foundation
import Hashing
import Settlement
import Signing
import StateCommitments

/// A member of a data committee: keeps the data of batches in a folder of its own, and signs that
/// it has them.
///
/// It takes data only with the sequencer's signature of the very batch that they open to, so nobody
/// else can fill its disk or take a batch's place; of one number it keeps and signs one content.
actor MemberDesk {
  /// r and vs of EIP-2098 over the batch's header, 64 octets in hexadecimal.
  static let signatureHeader = "Causeway-Signature"
  /// Octets of compressed data.
  static let frameByteCountMax = 64 << 20

  let member: DirectoryMember
  private let directory: DirectoryAvailability
  let domain: SettlementDomain
  private let sequencer: SignerAddress
  nonisolated let address: SignerAddress

  init(
    folder: String, key: consuming SigningKey, domain: SettlementDomain, sequencer: SignerAddress
  ) {
    address = key.address
    member = DirectoryMember(folder: folder, key: key)
    directory = DirectoryAvailability(folder: folder)
    self.domain = domain
    self.sequencer = sequencer
  }

  /// Checks, stores, reads back, signs: the member's signature, 65 octets in hexadecimal.
  ///
  /// Refused with 400 what is no batch of this number, 403 what the sequencer did not sign, 409
  /// other data than those of the number that are kept, 507 what cannot be stored.
  func store(_ frame: [UInt8], number: UInt64, signature text: String?) -> HTTPAnswer {
    let data: BatchData
    let header: KeccakDigest
    do {
      data = try Rebuild.open(frame, batch: number)
      header = data.header(content: keccak256(try BatchCodec.encode(data))).hash
    } catch { return .refused(400, "\(error)") }
    guard data.number == number, !data.isSnapshot else {
      return .refused(400, "these are no data of batch \(number)")
    }
    guard isSigned(header, by: text) else {
      return .refused(403, "the sequencer \(sequencer) did not sign this batch \(number)")
    }
    do throws(AvailabilityError) {
      if let kept = try directory.index()[number], kept != commitment(to: frame) {
        return .refused(409, "other data of batch \(number) are kept: hash \(kept)")
      }
      let signature = try member.store(frame, number: number, domain: domain.separator)
      let octets = (0..<65).map { signature.octets[$0] }
      return HTTPAnswer(status: 200, body: Array(hexadecimal(octets).utf8))
    } catch { return .refused(507, "\(error)") }
  }

  private func isSigned(_ header: KeccakDigest, by text: String?) -> Bool {
    guard let octets = text.flatMap({ try? octets(hexadecimal: $0) }), octets.count == 64,
      let r = KeccakDigest(octets[0..<32]), let vs = KeccakDigest(octets[32..<64])
    else { return false }
    let signature = RecoverableSignature(r: r, vs: vs)
    return (try? signature.signer(of: domain.digest(.batch(header: header)))) == sequencer
  }

  /// What is kept of a batch.
  func batch(_ number: UInt64) -> HTTPAnswer {
    fetched { () throws(AvailabilityError) in try directory.fetch(number: number) }
  }

  /// What is kept under a hash.
  func data(_ hash: KeccakDigest) -> HTTPAnswer {
    fetched { () throws(AvailabilityError) in try directory.fetch(commitment: hash) }
  }

  /// What is kept of a certificate.
  func certificate(_ hash: KeccakDigest) -> HTTPAnswer {
    fetched { () throws(AvailabilityError) in try member.certificate(hash) }
  }

  /// Keeps the certificate of a batch: only one with this member's own signature over the data that
  /// it keeps, which it gave to nobody but the sequencer.
  ///
  /// Refused with 400 what is none, 404 without data of the batch, 507 what cannot be stored.
  func keep(_ octets: [UInt8], number: UInt64) -> HTTPAnswer {
    do throws(AvailabilityError) {
      let certificate = try AvailabilityCertificate(octets: octets)
      guard certificate.number == number else {
        throw .certificate("it is of batch \(certificate.number)")
      }
      try member.check(certificate, domain: domain.separator)
      try member.keep(certificate)
      return HTTPAnswer(status: 200, body: [])
    } catch {
      switch error {
      case .certificate: return .refused(400, "\(error)")
      case .missing: return .refused(404, "no data of batch \(number) are kept here")
      default: return .refused(507, "\(error)")
      }
    }
  }

  private func fetched(_ read: () throws(AvailabilityError) -> [UInt8]) -> HTTPAnswer {
    do throws(AvailabilityError) {
      return HTTPAnswer(status: 200, body: try read())
    } catch .missing {
      return .refused(404, "it is not kept here")
    } catch { return .refused(500, "\(error)") }
  }
}

/// The member over HTTP: `PUT /batch/NUMBER` and `PUT /certificate/NUMBER` store, `GET
/// /batch/NUMBER`, `GET /data/HASH` and `GET /certificate/HASH` give back.
struct MemberService: Sendable {
  let desk: MemberDesk
  /// Lines of what was refused.
  let note: @Sendable (String) -> Void

  func answer(_ question: HTTPQuestion) async -> HTTPAnswer {
    let answer = await found(question)
    if answer.status >= 400, answer.status != 404 {
      note(
        "\(printable(Array(question.path.utf8), most: 80)): \(answer.status) "
          + printable(answer.body, most: 200))
    }
    return answer
  }

  private func found(_ question: HTTPQuestion) async -> HTTPAnswer {
    let parts = question.path.split(separator: "/")
    guard parts.count == 2 else { return .refused(404, "no such path") }
    switch (question.verb, String(parts[0])) {
    case ("PUT", "batch"):
      guard let number = UInt64(parts[1]) else { return .refused(404, "no number of a batch") }
      return await desk.store(
        question.body, number: number, signature: question.header(MemberDesk.signatureHeader))
    case ("GET", "batch"):
      guard let number = UInt64(parts[1]) else { return .refused(404, "no number of a batch") }
      return await desk.batch(number)
    case ("PUT", "certificate"):
      guard let number = UInt64(parts[1]) else { return .refused(404, "no number of a batch") }
      return await desk.keep(question.body, number: number)
    case ("GET", "data"), ("GET", "certificate"):
      guard let hash = KeccakDigest(hexadecimal: parts[1]) else {
        return .refused(404, "no hash of 64 digits")
      }
      return parts[0] == "data" ? await desk.data(hash) : await desk.certificate(hash)
    default:
      return .refused(
        405,
        "PUT /batch/NUMBER, /certificate/NUMBER; GET /batch/NUMBER, /data/HASH, /certificate/HASH")
    }
  }
}
