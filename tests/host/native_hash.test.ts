import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import process from "node:process";
import test from "node:test";
import { type PlatformHasher, platformSha256 } from "../../lib/crypto/platform_sha256.ts";
import { chooseSha256, portableSha256, processSha256 } from "../../lib/crypto/sha256.ts";
import { nativeSha256, useNativeHash } from "../../providers/host/native_hash.ts";
import { kdfContract } from "../contract/kdf.ts";

const without = process.versions.bun === undefined
  ? "only Bun has one that is quick to ask"
  : false;

kdfContract("the native SHA-256", nativeSha256() ?? portableSha256, without);

/** A hasher of `node:crypto`, which every runtime has; it gives one digest, so another begins after it. */
function nodeHasher(begun = createHash("sha256")): PlatformHasher {
  let hash = begun;
  return {
    update: (bytes) => hash.update(bytes),
    copy: () => nodeHasher(hash.copy()),
    digest() {
      const digest = hash.digest();
      hash = createHash("sha256");
      return digest;
    },
  };
}

kdfContract("the SHA-256 of node:crypto", platformSha256(() => nodeHasher()));

test("useNativeHash() chooses the SHA-256 of Bun where that is the runtime, and says whether", () => {
  try {
    assert.equal(useNativeHash(), without === false);
    assert.equal(processSha256() === portableSha256, without !== false);
  } finally {
    chooseSha256(portableSha256);
  }
});
