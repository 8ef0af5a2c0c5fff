import assert from "node:assert/strict";
import test from "node:test";
import { utf8 } from "../../lib/crypto/bytes.ts";
import { ProofKeys } from "../../lib/vault/proof_key.ts";

test("ProofKeys.wipe() wipes the present key, and ends the use of what was prepared of it", () => {
  // The key and message of RFC 4231 section 4.3.
  const present = utf8("Jefe").slice();
  const keys = new ProofKeys(present, { vaultId: "v", pastProofKeys: [] });
  const { prepared } = keys;
  const tag = prepared.mac(utf8("what do ya want for nothing?"));
  assert.deepEqual([...tag.subarray(0, 4)], [0x5b, 0xdc, 0xc1, 0x46]);
  assert.equal(keys.prepared, prepared);
  keys.wipe();
  assert.deepEqual(present, new Uint8Array(4));
  assert.throws(() => keys.prepared.mac(utf8("x")), /destroyed/);
  assert.throws(() => prepared.mac(utf8("x")), /destroyed/);
});
