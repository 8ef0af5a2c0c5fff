import assert from "node:assert/strict";
import test from "node:test";
import { utf8 } from "../../lib/crypto/bytes.ts";
import type { PastProofKey } from "../../lib/vault/vault_row.ts";
import { ProofKeys, sealPastProofKey } from "../../lib/vault/audit/proof_key.ts";

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

test("ProofKeys.keyOf() gives the key of an event's time, prepared once, until wipe()", async () => {
  const [present, middle, oldest] = [1, 2, 3].map((fill) => new Uint8Array(32).fill(fill));
  assert.ok(present && middle && oldest);
  const pastProofKeys = [
    sealPastProofKey(present, "v", middle, 9),
    sealPastProofKey(middle, "v", oldest, 4),
  ];
  const keys = new ProofKeys(present, { vaultId: "v", pastProofKeys });
  const message = utf8("an event").slice();
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const of = async (key: Uint8Array<ArrayBuffer>): Promise<Uint8Array> => {
    const imported = await crypto.subtle.importKey("raw", key, algorithm, false, ["sign"]);
    return new Uint8Array(await crypto.subtle.sign(algorithm, imported, message));
  };
  for (
    const [seq, key] of [[4, oldest], [1, oldest], [5, middle], [9, middle], [10, present]] as const
  ) {
    assert.deepEqual([...keys.keyOf(seq).mac(message)], [...await of(key)], `event ${seq}`);
  }
  const past = keys.keyOf(1);
  assert.equal(keys.keyOf(4), past);
  keys.wipe();
  assert.throws(() => past.mac(message), /destroyed/);
});

test("ProofKeys.pastWith() keeps the keys that are needed, and each opens the next", () => {
  const [present, ...past] = [1, 2, 3, 4].map((fill) => new Uint8Array(32).fill(fill));
  assert.ok(present);
  const throughSeqs = [9, 6, 3];
  const pastProofKeys = past.map((key, i) =>
    sealPastProofKey(past[i - 1] ?? present, "v", key, throughSeqs[i] ?? 0)
  );
  for (let mask = 0; mask < 8; mask++) {
    const isNeeded = past.map((_, i) => (mask & (1 << i)) !== 0);
    const whole: ProofKeys = new ProofKeys(present.slice(), { vaultId: "v", pastProofKeys });
    const kept: PastProofKey[] = whole.pastWith(isNeeded);
    assert.deepEqual(
      kept.map(({ throughSeq }) => throughSeq),
      throughSeqs.filter((_, i) => isNeeded[i]),
    );
    if (mask === 7) assert.deepEqual(kept, pastProofKeys);
    const less: ProofKeys = new ProofKeys(present.slice(), { vaultId: "v", pastProofKeys: kept });
    for (const seq of [10, ...throughSeqs.filter((_, i) => isNeeded[i])]) {
      const message = utf8("an event");
      assert.deepEqual(
        less.keyOf(seq).mac(message),
        whole.keyOf(seq).mac(message),
        `${mask} ${seq}`,
      );
    }
    whole.wipe();
    less.wipe();
  }
});
