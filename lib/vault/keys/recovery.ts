/**
 * The second way to the KEK, as the vault keeps it: the KEK sealed to a public key, whose private key
 * is derived from the recovery key.
 *
 * A rotation seals the next KEK to the same public key, so it needs no recovery key; and since the sealing needs
 * no secret either, an older KEK opens nothing of what is sealed later. The public key is proved
 * under the present KEK before anything is sealed to it: else whoever can write the vault would put in their own
 * and be handed the next KEK.
 *
 * @module
 */
import { equalBytes, fromBase64, toBase64, toHex, utf8, wipe } from "../../crypto/bytes.ts";
import { encodeContext } from "../../crypto/context.ts";
import { hpkeOpen, hpkePublicKey, hpkeSeal } from "../../crypto/hpke.ts";
import { hkdfSha256, sha256 } from "../../crypto/kdf.ts";
import { hasCode, VaultError } from "../../errors.ts";
import { isProven, type ProofKeyring } from "../audit/audit.ts";
import { holdKek, type KekHandle, sameKekId } from "./kek.ts";
import type { StoreReader } from "../store.ts";
import type { Recovery, VaultRow } from "../vault_row.ts";

type RecoveryRow = Pick<VaultRow, "vaultId" | "kekId" | "recovery">;

/** The public key of a recovery key in the vault of this id. */
export async function recoveryPublicKey(
  recoveryKey: Uint8Array,
  vaultId: string,
): Promise<Uint8Array> {
  const seed = seedOf(recoveryKey, vaultId);
  try {
    return await hpkePublicKey(seed);
  } finally {
    wipe(seed);
  }
}

/** Seals `kek`, which is the key of `handle`, to `publicKey`, and proves both under it. */
export async function sealRecovery(
  handle: KekHandle,
  kek: Uint8Array,
  vaultId: string,
  publicKey: Uint8Array,
  createdAtMs: number,
): Promise<Recovery> {
  const { kekId } = handle;
  const context = kekContext(vaultId, kekId, createdAtMs);
  const sealedKek = await hpkeSeal(publicKey, kek, infoOf(vaultId), context);
  const digest = proofDigest(vaultId, kekId, createdAtMs, publicKey, sealedKek);
  const proof = await handle.wrap(digest, proofContext(vaultId, kekId));
  return {
    createdAtMs,
    publicKey: toBase64(publicKey),
    sealedKek: toBase64(sealedKek),
    proof: toBase64(proof),
  };
}

/**
 * Checks that the vault's recovery was made under the KEK of `handle` and is as it was made.
 *
 * @throws {VaultError} `INTEGRITY`
 */
export async function checkRecovery(
  handle: KekHandle,
  row: Pick<VaultRow, "vaultId">,
  recovery: Recovery,
): Promise<void> {
  const { vaultId } = row;
  const { kekId } = handle;
  const { createdAtMs, publicKey, sealedKek, proof } = bytesOf(recovery);
  const digest = proofDigest(vaultId, kekId, createdAtMs, publicKey, sealedKek);
  try {
    const proved = await handle.unwrap(proof, proofContext(vaultId, kekId));
    if (equalBytes(proved, digest)) return;
  } catch (error) {
    if (!hasCode(error, "INTEGRITY")) throw error;
  }
  throw changed();
}

/**
 * The vault's recovery for the next KEK; `null` if there is none.
 *
 * @param from The present KEK.
 * @param to The next KEK, which is `kek`.
 * @throws {VaultError} `INTEGRITY` if it was changed, or is one that was revoked.
 */
export async function resealRecovery(
  reader: StoreReader,
  row: VaultRow,
  proofKeys: ProofKeyring,
  from: KekHandle,
  to: KekHandle,
  kek: Uint8Array,
): Promise<Recovery | null> {
  const { recovery, vaultId } = row;
  if (recovery === null) return null;
  await checkRecovery(from, row, recovery);
  await checkNotRevoked(reader, vaultId, recovery, proofKeys);
  const { publicKey, createdAtMs } = bytesOf(recovery);
  return await sealRecovery(to, kek, vaultId, publicKey, createdAtMs);
}

/**
 * Opens the KEK with the recovery key. The caller wipes the result.
 *
 * @throws {VaultError} `NOT_FOUND` if the vault has no recovery key, `WRONG_KEY` if it is another one,
 * `INTEGRITY` if what is stored was changed.
 */
export async function openRecovery(recoveryKey: Uint8Array, row: RecoveryRow): Promise<Uint8Array> {
  const { vaultId, kekId, recovery } = row;
  if (recovery === null) throw noRecovery();
  const { createdAtMs, publicKey, sealedKek } = bytesOf(recovery);
  const seed = seedOf(recoveryKey, vaultId);
  let kek: Uint8Array;
  try {
    const context = kekContext(vaultId, kekId, createdAtMs);
    kek = await hpkeOpen(seed, sealedKek, infoOf(vaultId), context);
  } catch (error) {
    if (!hasCode(error, "INTEGRITY")) throw error;
    const isThisOne = equalBytes(await hpkePublicKey(seed), publicKey);
    throw isThisOne ? changed() : wrongRecoveryKey();
  } finally {
    wipe(seed);
  }
  const handle = holdKek(kek, vaultId);
  try {
    if (!sameKekId(handle.kekId, kekId)) throw changed();
    await checkRecovery(handle, row, recovery);
    return kek;
  } catch (error) {
    wipe(kek);
    throw error;
  } finally {
    handle.close();
  }
}

/** What the audit keeps of a recovery: the same before and after a rotation of the master key. */
export function recoveryDigest(
  vaultId: string,
  recovery: Pick<Recovery, "createdAtMs" | "publicKey">,
): string {
  const { createdAtMs, publicKey } = recovery;
  return toHex(
    sha256(encodeContext(["recovery-state", vaultId, createdAtMs, fromBase64(publicKey) ?? null])),
  );
}

/**
 * Checks that the newest event about recovery keys is the making of this one, and is proven. Whoever puts back
 * a revoked one, which is authentic, would have to cut the audit too.
 *
 * @throws {VaultError} `INTEGRITY`
 */
export async function checkNotRevoked(
  reader: StoreReader,
  vaultId: string,
  recovery: Recovery,
  proofKeys: ProofKeyring,
): Promise<void> {
  if (await isRecoveryOnRecord(reader, { vaultId, recovery }, proofKeys)) return;
  throw damagedRecovery("a recovery key that was revoked or replaced is back");
}

/** Whether the recovery key of a vault is the one that its events leave in force, or there is none and they leave none. */
export async function isRecoveryOnRecord(
  reader: StoreReader,
  { vaultId, recovery }: Pick<VaultRow, "vaultId" | "recovery">,
  proofKeys: ProofKeyring,
): Promise<boolean> {
  // A prune leaves it in the audit.
  const newest = await reader.newestAudit(["recovery.create", "recovery.revoke"]);
  const isInForce = newest?.kind === "recovery.create" && isProven(proofKeys, vaultId, newest);
  const recorded = isInForce ? newest.stateDigest : undefined;
  return recorded === (recovery === null ? undefined : recoveryDigest(vaultId, recovery));
}

/** The error of a vault without a recovery key. */
export function noRecovery(): VaultError {
  return new VaultError("NOT_FOUND", "find the recovery key", "this vault has none", {
    hints: ["while its key is at hand, make one with: aivault recovery create"],
  });
}

function wrongRecoveryKey(): VaultError {
  return new VaultError("WRONG_KEY", "open the vault", "the recovery key is not this vault's", {
    hints: ["nothing was changed; a key that was replaced or revoked opens nothing"],
  });
}

function changed(): VaultError {
  return damagedRecovery("the stored recovery key was changed or damaged");
}

function damagedRecovery(problem: string): VaultError {
  return new VaultError("INTEGRITY", "check the recovery key", problem, {
    hints: [
      "while the vault's key is at hand, take it away with: aivault recovery revoke, and make a new one",
    ],
  });
}

function bytesOf({ createdAtMs, publicKey, sealedKek, proof }: Recovery) {
  const decode = (text: string): Uint8Array => fromBase64(text) ?? new Uint8Array();
  return {
    createdAtMs,
    publicKey: decode(publicKey),
    sealedKek: decode(sealedKek),
    proof: decode(proof),
  };
}

function seedOf(recoveryKey: Uint8Array, vaultId: string): Uint8Array {
  return hkdfSha256(recoveryKey, utf8(vaultId), utf8("aivault/v3/recovery"), 32);
}

function infoOf(vaultId: string): Uint8Array {
  return encodeContext(["recovery", vaultId]);
}

function kekContext(vaultId: string, kekId: string, createdAtMs: number): Uint8Array {
  return encodeContext(["recovery-kek", vaultId, kekId, createdAtMs]);
}

function proofContext(vaultId: string, kekId: string): Uint8Array {
  return encodeContext(["recovery-proof", vaultId, kekId]);
}

function proofDigest(
  vaultId: string,
  kekId: string,
  createdAtMs: number,
  publicKey: Uint8Array,
  sealedKek: Uint8Array,
): Uint8Array {
  return sha256(
    encodeContext(["recovery", vaultId, kekId, createdAtMs, publicKey, sealedKek]),
  );
}
