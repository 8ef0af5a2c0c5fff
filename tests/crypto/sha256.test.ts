import assert from "node:assert/strict";
import test from "node:test";
import { createHasher } from "@noble/hashes/utils.js";
import { hkdfSha256, HmacKey, hmacSha256, sha256 } from "../../lib/crypto/kdf.ts";
import { type PlatformHasher, platformSha256 } from "../../lib/crypto/platform_sha256.ts";
import {
  chooseSha256,
  portableSha256,
  processSha256,
  type Sha256State,
} from "../../lib/crypto/sha256.ts";

/** A hasher on the portable SHA-256, with one fault. */
function hasher(fault: Partial<PlatformHasher> = {}, state = portableSha256.create()) {
  return platformSha256(() => hasherOn(state._cloneInto(), fault));
}

function hasherOn(begun: Sha256State, fault: Partial<PlatformHasher>): PlatformHasher {
  let state = begun;
  return {
    update: (bytes) => state.update(bytes),
    copy: () => hasherOn(state._cloneInto(), fault),
    digest() {
      const digest = state.digest();
      state = portableSha256.create();
      return digest;
    },
    ...fault,
  };
}

function refused(candidate: ReturnType<typeof hasher>): void {
  assert.equal(chooseSha256(candidate), false);
  assert.equal(processSha256(), portableSha256);
}

test("processSha256() is the portable one until another is chosen", () => {
  assert.equal(processSha256(), portableSha256);
  const other = hasher();
  try {
    assert.equal(chooseSha256(other), true);
    assert.equal(processSha256(), other);
  } finally {
    assert.equal(chooseSha256(portableSha256), true);
  }
});

test("chooseSha256() refuses one that the runtime does not have", () => {
  refused(platformSha256(() =>
    hasherOn(portableSha256.create(), {
      update() {
        throw new TypeError("Unsupported algorithm");
      },
    })
  ));
});

test("chooseSha256() refuses one that computes anything else", () => {
  refused(hasher({ digest: () => new Uint8Array(32) }));
  refused(hasher({}, portableSha256.create().update(new Uint8Array(1))));
});

test("chooseSha256() refuses one whose copies are not copies", () => {
  const empty: Partial<PlatformHasher> = { copy: () => hasherOn(portableSha256.create(), empty) };
  refused(hasher(empty));
  // The copy is the hasher itself, so each message goes on from the one before.
  const same = createHasher<Sha256State>(() => {
    const state = portableSha256.create();
    state._cloneInto = () => state;
    return state;
  });
  assert.equal(chooseSha256(same), false);
});

test("a key that was prepared with one SHA-256 goes on with it when another is chosen", () => {
  const [key, message] = [new Uint8Array(32).fill(7), new Uint8Array(100).fill(9)];
  const expected = hmacSha256(key, message);
  const before = new HmacKey(key);
  assert.deepEqual(before.mac(message), expected);
  try {
    assert.ok(chooseSha256(hasher()));
    const after = new HmacKey(key);
    for (const prepared of [before, after, before, after]) {
      assert.deepEqual(prepared.mac(message), expected);
    }
    before.destroy();
    after.destroy();
    assert.throws(() => after.mac(message), /destroyed/);
  } finally {
    chooseSha256(portableSha256);
  }
});

test("platformSha256() leaves nothing of a key or a message with a hasher that it is done with", () => {
  const kept: Uint8Array[] = [];
  // Keeps what waits for the rest of its block, as libraries do, and does not clear it at the end.
  const begin = (
    begun = portableSha256.create(),
    block = new Uint8Array(64),
    used = 0,
  ): PlatformHasher => {
    kept.push(block);
    let [state, at] = [begun, used];
    return {
      update(bytes) {
        state.update(bytes);
        for (const byte of bytes) {
          block[at] = byte;
          at = (at + 1) % block.length;
        }
      },
      copy: () => begin(state._cloneInto(), block.slice(), at),
      digest() {
        const digest = state.digest();
        [state, at] = [portableSha256.create(), 0];
        return digest;
      },
    };
  };
  const secret = new Uint8Array(32).fill(0xa5);
  try {
    assert.ok(chooseSha256(platformSha256(() => begin())));
    kept.length = 0;
    hkdfSha256(secret, new Uint8Array(16), new Uint8Array(5), 16);
    sha256(secret);
    processSha256().create().update(secret).destroy();
  } finally {
    chooseSha256(portableSha256);
  }
  assert.ok(kept.length > 4);
  assert.ok(kept.every((block) => !block.includes(0xa5)));
});
