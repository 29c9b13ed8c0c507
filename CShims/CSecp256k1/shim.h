// libsecp256k1 as Swift sees it: octets in, octets out. Whatever touches a secret is the library's
// own constant-time code; what these functions keep on the stack is erased before they return.
#pragma once
#include <errno.h>
#include <secp256k1.h>
#include <secp256k1_recovery.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>

#pragma clang assume_nonnull begin

/// A context for signing and verifying, blinded by 32 random octets; NULL without memory or
/// randomness. Never changed afterwards, so that any thread may use it.
static inline secp256k1_context *_Nullable causeway_secp_context_create(void)
{
    secp256k1_context *context =
        secp256k1_context_create(SECP256K1_CONTEXT_SIGN | SECP256K1_CONTEXT_VERIFY);
    unsigned char seed[32];
    size_t filled = 0;
    while (context && filled < sizeof seed) {
        ssize_t got = getrandom(seed + filled, sizeof seed - filled, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        filled += (size_t)got;
    }
    int done = context && filled == sizeof seed && secp256k1_context_randomize(context, seed);
    explicit_bzero(seed, sizeof seed);
    if (!done && context) {
        secp256k1_context_destroy(context);
        context = NULL;
    }
    return context;
}

/// Overwrites octets; no compiler may leave it out.
static inline void causeway_secp_erase(void *bytes, ptrdiff_t byte_count)
{
    explicit_bzero(bytes, (size_t)byte_count);
}

/// Random octets from the kernel; 1 when all are there.
static inline int32_t causeway_secp_random(void *bytes, ptrdiff_t byte_count)
{
    ptrdiff_t filled = 0;
    while (filled < byte_count) {
        ssize_t got = getrandom((char *)bytes + filled, (size_t)(byte_count - filled), 0);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return 0;
        filled += got;
    }
    return 1;
}

/// Whether 32 octets are a secret key: 1 … order − 1.
static inline int32_t causeway_secp_is_secret(
    const secp256k1_context *context, const uint8_t *secret)
{
    return secp256k1_ec_seckey_verify(context, secret);
}

static inline int32_t causeway_secp_write_public(const secp256k1_context *context,
    const secp256k1_pubkey *key, uint8_t *out64)
{
    unsigned char uncompressed[65];
    size_t length = sizeof uncompressed;
    if (!secp256k1_ec_pubkey_serialize(
            context, uncompressed, &length, key, SECP256K1_EC_UNCOMPRESSED)
        || length != sizeof uncompressed) {
        return 0;
    }
    memcpy(out64, uncompressed + 1, 64);
    return 1;
}

/// The public point of a secret, x and y big-endian; 0 when the secret is none.
static inline int32_t causeway_secp_public(
    const secp256k1_context *context, const uint8_t *secret, uint8_t *out64)
{
    secp256k1_pubkey key;
    return secp256k1_ec_pubkey_create(context, &key, secret)
        && causeway_secp_write_public(context, &key, out64);
}

/// Signs a digest with the nonce of RFC 6979: r, s (low) and the recovery number 0 or 1; 0 fails.
static inline int32_t causeway_secp_sign(const secp256k1_context *context, const uint8_t *digest32,
    const uint8_t *secret, uint8_t *out64, int32_t *recovery)
{
    secp256k1_ecdsa_recoverable_signature signature;
    int number = 0;
    if (!secp256k1_ecdsa_sign_recoverable(context, &signature, digest32, secret, NULL, NULL)
        || !secp256k1_ecdsa_recoverable_signature_serialize_compact(
            context, out64, &number, &signature)) {
        return 0;
    }
    *recovery = number;
    return 1;
}

/// Whether r and s are below the order, and s in its lower half: 1, 0 = out of range, −1 = high s.
static inline int32_t causeway_secp_form(
    const secp256k1_context *context, const uint8_t *signature64)
{
    secp256k1_ecdsa_signature signature;
    if (!secp256k1_ecdsa_signature_parse_compact(context, &signature, signature64)) return 0;
    return secp256k1_ecdsa_signature_normalize(context, NULL, &signature) ? -1 : 1;
}

/// The public point that made a signature; 0 when there is none. `recovery` is 0 … 3.
static inline int32_t causeway_secp_recover(const secp256k1_context *context,
    const uint8_t *digest32, const uint8_t *signature64, int32_t recovery, uint8_t *out64)
{
    secp256k1_ecdsa_recoverable_signature signature;
    secp256k1_pubkey key;
    return secp256k1_ecdsa_recoverable_signature_parse_compact(
               context, &signature, signature64, recovery)
        && secp256k1_ecdsa_recover(context, &key, &signature, digest32)
        && causeway_secp_write_public(context, &key, out64);
}

#pragma clang assume_nonnull end
