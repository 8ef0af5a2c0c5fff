/** The stored half of a recovery key in the hands of somebody who can write the vault, but has not its key. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import test from "node:test";
import { encodeContext } from "../../lib/crypto/context.ts";
import { hpkeOpen, hpkePublicKey } from "../../lib/crypto/hpke.ts";
import { parseTypedKey } from "../../lib/crypto/typed_key.ts";
import { holdKek, kekIdOf } from "../../lib/vault/keys/kek.ts";
import { MemoryStore } from "../../lib/vault/memory_store.ts";
import { descriptionMac, sealProofKey } from "../../lib/vault/audit/proof_key.ts";
import { recoveryDigest, sealRecovery } from "../../lib/vault/keys/recovery.ts";
import { nextAuditRow } from "../../lib/vault/transaction.ts";
import { Vault } from "../../lib/vault/vault.ts";
import { readVaultRow, type Recovery } from "../../lib/vault/vault_row.ts";
import { makeRecoveryKey, putRecovery, storedRecovery } from "../helpers/recovery.ts";
import { contentOf, initVault, KEK, openVault, OTHER_KEK, utf8 } from "../helpers/vaults.ts";

const CALLER = { type: "caller" };
const NEXT = { settings: CALLER, kek: OTHER_KEK };
const SEED = new Uint8Array(32).fill(0xbd);

interface Scene {
  readonly store: MemoryStore;
  readonly vault: Vault;
  readonly vaultId: string;
  readonly recoveryKey: Uint8Array;
  readonly recovery: Recovery;
}

async function makeScene(): Promise<Scene> {
  const store = new MemoryStore();
  const vault = await initVault({ store });
  await vault.create({ name: "A", value: utf8("the value of A") });
  const recoveryKey = await makeRecoveryKey(vault, { kek: KEK });
  const recovery = await storedRecovery(store);
  assert.ok(recovery);
  return { store, vault, recoveryKey, recovery, vaultId: (await vault.info()).vaultId };
}

function recover({ store, recoveryKey }: Scene): Promise<Vault> {
  const next = () => Promise.resolve({ settings: CALLER, kek: OTHER_KEK.slice() });
  return Vault.recover({ store, recoveryKey, next });
}

/** No new key is asked for, which its provider would make, before the old one has proved to be the vault's. */
async function refusesToRecover({ store, recoveryKey }: Scene, what?: string): Promise<void> {
  const next = () => assert.fail("a new key was asked for");
  await assert.rejects(Vault.recover({ store, recoveryKey, next }), { code: "INTEGRITY" }, what);
}

/** Nothing but the events of failed attempts may differ, and the rotation's own note of itself. */
async function stateOf(store: MemoryStore) {
  const { secrets, values, vault } = await contentOf(store);
  const { kekId, recovery, provider } = Object(vault);
  return { secrets, values, kekId, recovery, provider };
}

async function refusesToRotate({ store, vault }: Scene, what: string): Promise<void> {
  const before = await stateOf(store);
  await assert.rejects(vault.rotateMaster(NEXT), { code: "INTEGRITY" }, what);
  assert.deepEqual(await stateOf(store), before, what);
}

test("rotateMaster() hands no key to a public key that somebody put in the place of the owner's", async () => {
  const scene = await makeScene();
  const { store, vaultId, recovery } = scene;
  const publicKey = await hpkePublicKey(SEED);
  // The attacker has a KEK of his own, and may claim what he likes about it, but for a proof under the vault's.
  const kek = new Uint8Array(32).fill(0xbe);
  const own = await sealRecovery(holdKek(kek, vaultId), kek, vaultId, publicKey, 1);
  const forged: Record<string, Recovery> = {
    "his public key, the owner's proof": { ...recovery, publicKey: own.publicKey },
    "his public key and box, the owner's proof": { ...own, proof: recovery.proof },
    "everything of his": own,
    "his proof, the owner's public key": { ...recovery, proof: own.proof },
    "the owner's time": { ...own, createdAtMs: recovery.createdAtMs, proof: recovery.proof },
  };
  for (const [what, forgery] of Object.entries(forged)) {
    await putRecovery(store, forgery, KEK);
    await refusesToRotate(scene, what);
    const kept = await storedRecovery(store);
    assert.equal(kept?.publicKey, forgery.publicKey);
    assert.equal(kept.sealedKek, forgery.sealedKek, "nothing new was sealed");
  }
  // The way out that the error names.
  await scene.vault.revokeRecoveryKey();
  await scene.vault.rotateMaster(NEXT);
});

test("an edit of the stored recovery by somebody without any key is found when the vault is opened", async () => {
  const { store, recovery } = await makeScene();
  for (const edit of [null, { ...recovery, createdAtMs: 7 }]) {
    await putRecovery(store, edit);
    await assert.rejects(openVault({ store }), { code: "INTEGRITY" });
  }
});

test("rotateMaster() refuses a revoked recovery key whose making was put on record again", async () => {
  const scene = await makeScene();
  const { store, vault, recovery } = scene;
  await vault.revokeRecoveryKey();
  // The chain key lies open in the store, so an event can be appended; it cannot be proven.
  await store.write(async (writer) => {
    const row = await readVaultRow(writer);
    const stateDigest = recoveryDigest(row.vaultId, recovery);
    const event = { kind: "recovery.create", stateDigest } as const;
    const { auditRow, chain } = nextAuditRow(row, event, 1, "test", new Uint8Array(32));
    await writer.appendAudit(auditRow);
    await writer.putVault({ ...row, ...chain });
  });
  await putRecovery(store, recovery, KEK);
  await refusesToRotate(scene, "forged event");
});

test("rotateMaster() seals the next key to the recovery key alone: the last key opens nothing of it", async () => {
  const { store, vault, vaultId, recoveryKey } = await makeScene();
  await vault.rotateMaster(NEXT);
  const recovery = await storedRecovery(store);
  assert.ok(recovery);
  const [old, now] = [holdKek(KEK, vaultId), holdKek(OTHER_KEK, vaultId)];
  const box = new Uint8Array(Buffer.from(recovery.sealedKek, "base64"));
  const proof = new Uint8Array(Buffer.from(recovery.proof, "base64"));
  const info = encodeContext(["recovery", vaultId]);
  for (const { kekId } of [old, now]) {
    const context = encodeContext(["recovery-kek", vaultId, kekId, recovery.createdAtMs]);
    const proofContext = encodeContext(["recovery-proof", vaultId, kekId]);
    await assert.rejects(old.unwrap(proof, proofContext), { code: "INTEGRITY" });
    for (const blob of [box, box.slice(32)]) {
      await assert.rejects(old.unwrap(blob, context), { code: "INTEGRITY" });
    }
    for (const seed of [KEK, await seedFrom(KEK, vaultId)]) {
      await assert.rejects(hpkeOpen(seed, box, info, context), { code: "INTEGRITY" });
    }
  }
  // The same blobs and contexts open to those who may.
  const context = encodeContext(["recovery-kek", vaultId, now.kekId, recovery.createdAtMs]);
  const key = parseTypedKey(recoveryKey, "test");
  assert.deepEqual(await hpkeOpen(await seedFrom(key, vaultId), box, info, context), OTHER_KEK);
  await now.unwrap(proof, encodeContext(["recovery-proof", vaultId, now.kekId]));
});

/** RFC 5869 by another implementation than the vault's. */
async function seedFrom(key: Uint8Array, vaultId: string): Promise<Uint8Array> {
  const base = await crypto.subtle.importKey("raw", key.slice(), "HKDF", false, ["deriveBits"]);
  const [salt, info] = [utf8(vaultId), utf8("aivault/v3/recovery")].map((bytes) => bytes.slice());
  const parameters = { name: "HKDF", hash: "SHA-256", salt, info } as HkdfParams;
  return new Uint8Array(await crypto.subtle.deriveBits(parameters, base, 256));
}

test("rotateMaster() refuses a recovery key that was revoked and put back", async () => {
  const scene = await makeScene();
  await scene.vault.revokeRecoveryKey();
  await putRecovery(scene.store, scene.recovery, KEK);
  await refusesToRotate(scene, "revoked");
  await refusesToRecover(scene);
});

test("rotateMaster() refuses a recovery key that was replaced and put back", async () => {
  const scene = await makeScene();
  await makeRecoveryKey(scene.vault, { kek: KEK, replace: true });
  await putRecovery(scene.store, scene.recovery, KEK);
  await refusesToRotate(scene, "replaced");
  await refusesToRecover(scene);
});

test("rotateMaster() refuses the recovery of an older key, and that of another vault", async () => {
  const scene = await makeScene();
  await scene.vault.rotateMaster(NEXT);
  await putRecovery(scene.store, scene.recovery, OTHER_KEK);
  const next = { settings: CALLER, kek: new Uint8Array(32).fill(3) };
  await assert.rejects(scene.vault.rotateMaster(next), { code: "INTEGRITY" });
  await refusesToRecover(scene);

  const [one, two] = [await makeScene(), await makeScene()];
  await putRecovery(one.store, two.recovery, KEK);
  await refusesToRotate(one, "another vault's");
});

test("an edit of any field of the stored recovery is an INTEGRITY error of recover and rotate", async () => {
  const scene = await makeScene();
  const { store, recovery } = scene;
  const edits: Recovery[] = [];
  for (const field of ["publicKey", "sealedKek", "proof"] as const) {
    const bytes = Buffer.from(recovery[field], "base64");
    for (let at = 0; at < bytes.length; at++) {
      const edited = Buffer.from(bytes);
      edited[at] = (edited[at] ?? 0) ^ (1 << (at % 7));
      edits.push({ ...recovery, [field]: edited.toString("base64") });
    }
  }
  edits.push({ ...recovery, createdAtMs: recovery.createdAtMs + 1 });
  for (const edit of edits) {
    await putRecovery(store, edit, KEK);
    await refusesToRecover(scene, JSON.stringify(edit));
  }
  for (const edit of edits.filter((_, i) => i % 8 === 0)) {
    await putRecovery(store, edit, KEK);
    await refusesToRotate(scene, JSON.stringify(edit));
  }
  await putRecovery(store, recovery, KEK);
  await recover(scene);
});

test("a recovery that is not well-formed is an INTEGRITY error of everything", async () => {
  const scene = await makeScene();
  const { store, recovery } = scene;
  const malformed = [
    undefined,
    {},
    [],
    "",
    7,
    { ...recovery, publicKey: "" },
    { ...recovery, publicKey: recovery.sealedKek },
    { ...recovery, sealedKek: "not base64!" },
    { ...recovery, proof: null },
    { ...recovery, createdAtMs: -1 },
    { ...recovery, createdAtMs: "1" },
  ];
  for (const edit of malformed) {
    await putRecovery(store, edit);
    await refusesToRecover(scene, JSON.stringify(edit));
    await assert.rejects(openVault({ store }), { code: "INTEGRITY" }, JSON.stringify(edit));
  }
});

test("Vault.recover() takes no key that is not the one which the vault names", async () => {
  const scene = await makeScene();
  const { store, vaultId, recovery } = scene;
  // Sealed to the owner's own public key, which is no secret, with a proof under it: but it opens no secret.
  const kek = new Uint8Array(32).fill(0xbe);
  const publicKey = new Uint8Array(Buffer.from(recovery.publicKey, "base64"));
  const { createdAtMs } = recovery;
  const forged = await sealRecovery(holdKek(kek, vaultId), kek, vaultId, publicKey, createdAtMs);
  await putRecovery(store, forged, KEK);
  await refusesToRecover(scene);
  // With a proof key of his own, which nothing in the audit was proven by.
  await store.write(async (writer) => {
    const proofKey = new Uint8Array(32).fill(0xbf);
    const auditProofKey = await sealProofKey(holdKek(kek, vaultId), vaultId, proofKey);
    const row = { ...await readVaultRow(writer), kekId: kekIdOf(kek, vaultId), auditProofKey };
    await writer.putVault({ ...row, descriptionMac: descriptionMac(proofKey, row) });
  });
  const before = await stateOf(store);
  await refusesToRecover(scene);
  assert.deepEqual(await stateOf(store), before);
});
