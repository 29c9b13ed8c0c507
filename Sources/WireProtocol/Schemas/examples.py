"""Writes the example datagrams of PROTOCOL.md: a session from its first octet, with real proofs.

The formulas stand here once more, in few lines and from the standard library alone, so that a
client's author has a second text to compare with and octets to test against.
"""
import hashlib
import hmac
import struct

SECRET = bytes(range(32))
CLIENT_NONCE = bytes(range(0x40, 0x50))
COOKIE = bytes(range(0x80, 0x90))
SESSION, TOKEN, TIME = 7001, 3, 1_750_000_000_000_000_000
SERVER_NONCE = struct.pack("<Q", TIME + 100_000) + bytes(range(0x68, 0x70))
HANDSHAKE_TOKEN = 0xFFFFFFFF
MASK = (1 << 64) - 1


def rotate(value, bits):
    return (value << bits | value >> 64 - bits) & MASK


def sip_round(a, b, c, d):
    a, c = (a + b) & MASK, (c + d) & MASK
    b, d, a = rotate(b, 13) ^ a, rotate(d, 16) ^ c, rotate(a, 32)
    a, c = (a + d) & MASK, (c + b) & MASK
    return a, rotate(b, 17) ^ c, rotate(c, 32), rotate(d, 21) ^ a


def sip_hash(key, octets):
    """SipHash-2-4 (Aumasson, Bernstein, 2012), 64 bits."""
    low, high = struct.unpack("<QQ", key)
    state = (low ^ 0x736F6D6570736575, high ^ 0x646F72616E646F6D,
             low ^ 0x6C7967656E657261, high ^ 0x7465646279746573)
    padded = octets + bytes(-(len(octets) + 1) % 8) + bytes([len(octets) & 255])
    for (word,) in struct.iter_unpack("<Q", padded):
        a, b, c, d = state
        state = sip_round(*sip_round(a, b, c, d ^ word))
        state = (state[0] ^ word, *state[1:])
    a, b, c, d = state
    state = (a, b, c ^ 255, d)
    for _ in range(4):
        state = sip_round(*state)
    return state[0] ^ state[1] ^ state[2] ^ state[3]


def session_keys():
    """HKDF-SHA256 (RFC 5869), one block of output."""
    extracted = hmac.digest(CLIENT_NONCE + SERVER_NONCE, SECRET, "sha256")
    expanded = hmac.digest(extracted, b"causeway session keys 1" + b"\1", "sha256")
    return expanded[:16], expanded[16:]


def establish_proof(next_seq, last_seen, keepalive, grace, flags):
    terms = struct.pack("<QQQIIH", SESSION, next_seq, last_seen, keepalive, grace, flags)
    return hmac.digest(
        SECRET, b"causeway establish 1" + CLIENT_NONCE + SERVER_NONCE + COOKIE + terms, "sha256")


def established_proof():
    return hmac.digest(SECRET, b"causeway established 1" + CLIENT_NONCE + SERVER_NONCE + COOKIE
                       + struct.pack("<I", TOKEN), "sha256")


def message(schema, name, **values):
    """A message without group from its fields by name; others zero."""
    kind = next(one for one in schema.messages if one.name == name)
    body = b""
    for field in kind.fields:
        value = values.pop(field.name, 0)
        body += value if isinstance(value, bytes) else value.to_bytes(
            field.type.size, "little", signed=field.type.primitive == "int64")
    if values:
        raise SystemExit(f"examples: {name} has no field {', '.join(values)}")
    return struct.pack("<HHHHHHI", len(body), kind.id, schema.id, schema.version,
                       16 + len(body), 3, 0) + body


def packet(token, seq, ack, time, messages, key=None):
    head = struct.pack("<BBBBIQQQ", 0xA7, 1, 0 if key is None else 2, len(messages), token, seq,
                       ack, time)
    octets = head + b"".join(messages)
    return octets if key is None else octets + struct.pack("<Q", sip_hash(key, octets))


def session(schema):
    """(title, remark, datagram) of each step."""
    to_venue, to_client = session_keys()
    nonces = {"clientNonce": CLIENT_NONCE, "serverNonce": SERVER_NONCE, "cookie": COOKIE}
    yield ("Negotiate", "client → venue", packet(HANDSHAKE_TOKEN, 0, 0, TIME, [message(
        schema, "Negotiate", sessionId=SESSION, timestamp=TIME, clientNonce=CLIENT_NONCE, keyId=1,
        clientFlow=2)]))
    yield ("Challenge", "venue → client", packet(HANDSHAKE_TOKEN, 0, 0, TIME + 100_000, [message(
        schema, "Challenge", requestTimestamp=TIME, serverNonce=SERVER_NONCE, cookie=COOKIE)]))
    yield ("Establish", "client → venue", packet(HANDSHAKE_TOKEN, 0, 0, TIME + 200_000, [message(
        schema, "Establish", sessionId=SESSION, timestamp=TIME, **nonces, nextSeqNo=1,
        keepaliveMs=100, codGraceMs=50, keyId=1, flags=1,
        proof=establish_proof(1, 0, 100, 50, 1))]))
    yield ("EstablishmentAck", "venue → client, tagged", packet(
        TOKEN, 1, 0, TIME + 300_000, [message(
            schema, "EstablishmentAck", requestTimestamp=TIME, sessionToken=TOKEN,
            keepaliveMs=100, nextSeqNo=1, expectedClientSeqNo=1, oldestRetransmittable=1,
            maxMsgPerSec=1000, burst=100, serverProof=established_proof())], to_client))
    yield ("NewOrder", "client → venue: buy 10 lots of instrument 17 at 1,250, limit, GTC, "
           "post-only", packet(TOKEN, 1, 0, TIME + 400_000, [message(
               schema, "NewOrder", clOrdId=1001, instrumentId=17, price=1_250 * 10**9, qty=10,
               flags=1, side=1, ordType=2, tif=1)], to_venue))
    yield ("OrderAck", "venue → client", packet(TOKEN, 1, 1, TIME + 500_000, [message(
        schema, "OrderAck", clOrdId=1001, orderId=12, engineSeqNo=12, recvTime=TIME + 410_000,
        engineTime=TIME + 411_000, price=1_250 * 10**9, leavesQty=10, instrumentId=17, side=1,
        accountIdx=1)], to_client))
    yield ("Heartbeat", "client → venue: no message; next number 2, seen 1",
           packet(TOKEN, 2, 1, TIME + 90_000_000, [], to_venue))


def lines(schema):
    to_venue, to_client = session_keys()
    yield from [f"secret            {SECRET.hex()}", f"client nonce      {CLIENT_NONCE.hex()}",
                f"server nonce      {SERVER_NONCE.hex()}", f"cookie            {COOKIE.hex()}",
                f"key to venue      {to_venue.hex()}", f"key to client     {to_client.hex()}"]
    for title, remark, octets in session(schema):
        yield f"\n{title} ({remark}), {len(octets)} octets"
        for at in range(0, len(octets), 16):
            yield f"{at:4d}  {octets[at:at + 16].hex(' ', 4)}"
