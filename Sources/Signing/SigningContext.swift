import CSecp256k1

/// The library's tables and its blinding: made once for the process, read by any thread.
@safe
final class SigningContext: Sendable {
  // SAFETY: created here and never changed again; the library allows reads from any thread.
  nonisolated(unsafe) let address: OpaquePointer

  static let shared = SigningContext()

  private init() {
    // SAFETY: the library takes the memory; `deinit` gives it back.
    guard let made = unsafe causeway_secp_context_create() else {
      fatalError("no memory or no randomness for the signing library")
    }
    unsafe address = made
  }

  // SAFETY: the context is ours alone.
  deinit { unsafe secp256k1_context_destroy(address) }
}
