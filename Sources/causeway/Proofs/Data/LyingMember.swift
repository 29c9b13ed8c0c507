import ChainAccess
import DataAvailability
import Hashing
import Signing

/// A committee's member that betrays: by turns it refuses to sign, signs other data, and signs what
/// it then gives back altered. What it gives back is always altered.
struct LyingMember: Sendable {
  let desk: MemberDesk
  /// A desk with the same key, whose folder does not matter.
  let other: MemberDesk

  func answer(_ question: HTTPQuestion) async -> HTTPAnswer {
    let parts = question.path.split(separator: "/")
    guard parts.count == 2, let number = UInt64(parts[1]) else { return .refused(404, "no") }
    guard question.verb == "PUT" else {
      var kept = await desk.batch(number)
      if kept.body.count > 40 { kept.body[40] ^= 1 }
      return kept
    }
    let honest = await desk.store(
      question.body, number: number, signature: question.header(MemberDesk.signatureHeader))
    switch number % 3 {
    case 0: return .refused(503, "it does not sign")
    case 1: return await other.signAnything(question.body, number: number + 1)
    default: return honest
    }
  }
}

extension MemberDesk {
  /// A signature without a look at anything: what no honest member gives.
  fileprivate func signAnything(_ octets: [UInt8], number: UInt64) -> HTTPAnswer {
    guard let signature = try? member.store(octets, number: number, domain: domain.separator)
    else { return .refused(500, "nothing") }
    return HTTPAnswer(
      status: 200, body: Array(hexadecimal((0..<65).map { signature.octets[$0] }).utf8))
  }
}
