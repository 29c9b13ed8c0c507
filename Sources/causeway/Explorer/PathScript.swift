/// The script of an account's page: it reads what the page shows, hashes it anew from the leaf to
/// the root, and says whether that is the batch's root. Keccak-256 is its own, in 32-bit halves.
enum PathScript {
  static let text = keccak + reading + verifying

  /// Source: FIPS 202, section 3.2, with the padding octet 0x01 of the base chain.
  private static let keccak = #"""
    "use strict";
    const turns = [1, 3, 6, 10, 15, 21, 28, 36, 45, 55, 2, 14, 27, 41, 56, 8, 25, 43, 62, 18, 39,
      61, 20, 44];
    const lanes = [10, 7, 11, 17, 18, 3, 5, 16, 8, 21, 24, 4, 15, 23, 19, 13, 12, 2, 20, 14, 22, 9,
      6, 1];
    const low = [0x1, 0x8082, 0x808a, 0x80008000, 0x808b, 0x80000001, 0x80008081, 0x8009, 0x8a,
      0x88, 0x80008009, 0x8000000a, 0x8000808b, 0x8b, 0x8089, 0x8003, 0x8002, 0x80, 0x800a,
      0x8000000a, 0x80008081, 0x8080, 0x80000001, 0x80008008];
    const highRounds = [2, 3, 6, 7, 13, 14, 15, 16, 17, 19, 20, 21, 23];
    function permute(state) {
      const column = new Int32Array(10), row = new Int32Array(10);
      for (let round = 0; round < 24; round++) {
        for (let x = 0; x < 10; x++) {
          column[x] = state[x] ^ state[x + 10] ^ state[x + 20] ^ state[x + 30] ^ state[x + 40];
        }
        for (let x = 0; x < 5; x++) {
          const before = (x + 4) % 5 * 2, after = (x + 1) % 5 * 2;
          const l = column[before] ^ (column[after] << 1 | column[after + 1] >>> 31);
          const h = column[before + 1] ^ (column[after + 1] << 1 | column[after] >>> 31);
          for (let y = 0; y < 50; y += 10) {
            state[2 * x + y] ^= l;
            state[2 * x + y + 1] ^= h;
          }
        }
        let l = state[2], h = state[3];
        for (let i = 0; i < 24; i++) {
          const place = 2 * lanes[i], turn = turns[i] % 32;
          const a = turns[i] < 32 ? l : h, b = turns[i] < 32 ? h : l;
          l = state[place];
          h = state[place + 1];
          state[place] = a << turn | b >>> 32 - turn;
          state[place + 1] = b << turn | a >>> 32 - turn;
        }
        for (let y = 0; y < 50; y += 10) {
          for (let x = 0; x < 10; x++) row[x] = state[y + x];
          for (let x = 0; x < 10; x++) state[y + x] ^= ~row[(x + 2) % 10] & row[(x + 4) % 10];
        }
        state[0] ^= low[round];
        if (highRounds.includes(round)) state[1] ^= 0x80000000;
      }
    }
    function keccak(octets) {
      const padded = new Uint8Array((Math.floor(octets.length / 136) + 1) * 136);
      padded.set(octets);
      padded[octets.length] ^= 1;
      padded[padded.length - 1] ^= 128;
      const state = new Int32Array(50);
      for (let at = 0; at < padded.length; at += 136) {
        for (let i = 0; i < 136; i++) state[i >> 2] ^= padded[at + i] << 8 * (i & 3);
        permute(state);
      }
      return Uint8Array.from({ length: 32 }, (_, i) => state[i >> 2] >>> 8 * (i & 3) & 255);
    }

    """#

  private static let reading = #"""
    function octets(element) {
      const text = element.textContent.trim();
      if (!/^0x([0-9a-f]{2})*$/.test(text)) throw new Error(text + " are no octets");
      return Uint8Array.from(text.slice(2).match(/../g) || [], (pair) => parseInt(pair, 16));
    }
    function digits(octets) {
      return "0x" + Array.from(octets, (octet) => octet.toString(16).padStart(2, "0")).join("");
    }
    function pair(left, right) {
      const both = new Uint8Array(64);
      both.set(left);
      both.set(right, 32);
      return keccak(both);
    }
    // A number of many octets by long division, since it may have more than 53 bits.
    function decimal(octets, isSigned) {
      let rest = Array.from(octets);
      const isNegative = isSigned && rest[0] > 127;
      if (isNegative) {
        let carry = 1;
        for (let i = rest.length - 1; i >= 0; i--) {
          carry += 255 - rest[i];
          rest[i] = carry & 255;
          carry >>= 8;
        }
      }
      let text = "";
      do {
        let left = 0;
        rest = rest.map((octet) => {
          left = left * 256 + octet;
          const part = Math.floor(left / 10);
          left %= 10;
          return part;
        });
        text = left + text;
      } while (rest.some((octet) => octet > 0));
      return (isNegative ? "-" : "") + text;
    }

    """#

  private static let verifying = #"""
    function verify() {
      const leaf = octets(document.getElementById("leaf"));
      if (leaf.length !== 114) throw new Error("a leaf has 114 octets, this one " + leaf.length);
      for (const field of document.querySelectorAll("[data-leaf]")) {
        const [from, count, form] = field.dataset.leaf.split(" ");
        const part = leaf.slice(Number(from), Number(from) + Number(count));
        const right = form === "x" ? digits(part) : decimal(part, form === "n");
        if (field.textContent !== right) {
          throw new Error("the leaf says " + right + ", the page " + field.textContent);
        }
      }
      let level = Array.from(document.querySelectorAll(".position"), (one) => {
        const position = octets(one);
        if (position.length !== 46) throw new Error("a position has 46 octets");
        return keccak(position);
      });
      if (level.length > 128) throw new Error("an account has at most 128 positions");
      while (level.length < 128) level.push(new Uint8Array(32));
      while (level.length > 1) {
        level = level.filter((_, i) => i % 2 === 0).map((one, i) => pair(one, level[2 * i + 1]));
      }
      if (digits(level[0]) !== digits(leaf.slice(50, 82))) {
        throw new Error("the positions lead to " + digits(level[0]) + ", not to the leaf's root");
      }
      const siblings = Array.from(document.querySelectorAll(".sibling"), octets);
      if (siblings.length !== 32 || siblings.some((one) => one.length !== 32)) {
        throw new Error("a path has 32 siblings of 32 octets");
      }
      let node = keccak(leaf);
      siblings.forEach((sibling, height) => {
        const isRight = leaf[5 - (height >> 3)] >> (height & 7) & 1;
        node = isRight ? pair(sibling, node) : pair(node, sibling);
      });
      const root = document.getElementById("root").textContent.trim();
      if (digits(node) !== root) {
        throw new Error("the path leads to " + digits(node) + ", not to the batch's root");
      }
      return "path holds: the leaf and its " + document.querySelectorAll(".position").length +
        " positions lead to the root of the batch";
    }
    const button = document.getElementById("verify");
    button.hidden = false;
    button.addEventListener("click", () => {
      const result = document.getElementById("result");
      try {
        result.textContent = verify();
      } catch (error) {
        result.textContent = "does not hold: " + error.message;
      }
    });
    """#
}
