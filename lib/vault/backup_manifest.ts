/**
 * What a backup says of itself, proved under the KEK: which vault it holds, and which bytes.
 *
 * @module
 */
import * as v from "valibot";
import { equalBytes, fromBase64, fromHex, fromUtf8, toBase64, utf8 } from "../crypto/bytes.ts";
import { encodeContext } from "../crypto/context.ts";
import { sha256 } from "../crypto/kdf.ts";
import { hasCode, VaultError } from "../errors.ts";
import type { KekHandle } from "./keys/kek.ts";

/** The version of the backup format. */
const BACKUP_FORMAT = 1;

/** What a backup says of itself. */
export interface BackupManifest {
  /** The version of the backup format. */
  readonly format: number;
  /** The vault's id. */
  readonly vaultId: string;
  /** The KEK that opens it. */
  readonly kekId: string;
  /** When it was made. Milliseconds since 1970-01-01 UTC. */
  readonly createdAtMs: number;
  /** How many secrets it holds. */
  readonly secrets: number;
  /** How many events there were. */
  readonly events: number;
  /** The head of its audit: `SEQ:HASH`. */
  readonly head: string;
  /** How long the database in it is, in bytes. */
  readonly size: number;
  /** SHA-256 of the database in it, in hexadecimal. */
  readonly sha256: string;
  /** A digest of all the others, sealed under the KEK, in base64. */
  readonly proof: string;
}

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const manifestSchema: v.GenericSchema<unknown, BackupManifest> = v.strictObject({
  format: v.literal(BACKUP_FORMAT),
  vaultId: v.string(),
  kekId: v.string(),
  createdAtMs: count,
  secrets: count,
  events: count,
  head: v.string(),
  size: count,
  sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  proof: v.pipe(v.string(), v.check(isBase64)),
});

// Of the ways in which base64 can be written, the one that the program writes.
function isBase64(text: string): boolean {
  const bytes = fromBase64(text);
  return bytes !== undefined && toBase64(bytes) === text;
}

/** What a manifest is made of. */
export type BackupFacts = Omit<BackupManifest, "format" | "proof">;

/** A length and SHA-256 of a file. */
export interface FileDigest {
  /** Bytes. */
  readonly size: number;
  /** In hexadecimal. */
  readonly sha256: string;
}

/** The manifest of these facts, proved under `key`. */
export async function sealManifest(key: KekHandle, facts: BackupFacts): Promise<BackupManifest> {
  const unproved = { format: BACKUP_FORMAT, ...facts, proof: "" } as const;
  const proof = await key.wrap(digestOf(unproved), contextOf(unproved));
  return { ...unproved, proof: toBase64(proof) };
}

/** The manifest as UTF-8, as it stands in the file. */
export function formatManifest(manifest: BackupManifest): Uint8Array {
  return utf8(JSON.stringify(manifest));
}

/**
 * Reads a manifest.
 *
 * @throws {VaultError} `UNSUPPORTED` for a newer format, `INTEGRITY` for anything else that is not a manifest.
 */
export function parseManifest(bytes: Uint8Array, attempted: string): BackupManifest {
  const json = parseJson(bytes);
  const parsed = v.safeParse(manifestSchema, json);
  // Other bytes that say the same would be an edit that nothing proves.
  if (parsed.success && equalBytes(formatManifest(parsed.output), bytes)) return parsed.output;
  const format = v.safeParse(v.looseObject({ format: v.number() }), json);
  if (format.success && format.output.format > BACKUP_FORMAT) {
    const problem = `its format ${format.output.format} is newer than this program`;
    throw new VaultError("UNSUPPORTED", attempted, problem, { hints: ["use a newer aivault"] });
  }
  throw editedBackup(attempted);
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(fromUtf8(bytes) ?? "");
  } catch {
    return undefined;
  }
}

/**
 * Checks that the bytes are those that the manifest names, which needs no key.
 *
 * @throws {VaultError} `INTEGRITY`
 */
export function checkBytes(manifest: BackupManifest, digest: FileDigest, attempted: string): void {
  if (manifest.size === digest.size && manifest.sha256 === digest.sha256) return;
  throw editedBackup(attempted);
}

/**
 * Checks that the manifest was made under the KEK of `key`.
 *
 * @throws {VaultError} `INTEGRITY`
 */
export async function proveManifest(
  key: KekHandle,
  manifest: BackupManifest,
  attempted: string,
): Promise<void> {
  try {
    const proof = fromBase64(manifest.proof) ?? new Uint8Array();
    if (equalBytes(await key.unwrap(proof, contextOf(manifest)), digestOf(manifest))) return;
  } catch (error) {
    if (!hasCode(error, "INTEGRITY")) throw error;
  }
  throw editedBackup(attempted);
}

/** The error of a backup that is not as it was made. */
export function editedBackup(attempted: string): VaultError {
  return new VaultError("INTEGRITY", attempted, "the backup was truncated, edited or damaged", {
    hints: ["nothing was changed; take another backup"],
  });
}

function contextOf({ vaultId, kekId }: BackupManifest): Uint8Array {
  return encodeContext(["backup-proof", vaultId, kekId]);
}

function digestOf(manifest: BackupManifest): Uint8Array {
  const { format, vaultId, kekId, createdAtMs, secrets, events, head, size } = manifest;
  const hash = fromHex(manifest.sha256) ?? null;
  const fields = [format, vaultId, kekId, createdAtMs, secrets, events, head, size, hash];
  return sha256(encodeContext(["backup", ...fields]));
}
