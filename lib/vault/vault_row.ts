/**
 * The row that describes the vault itself.
 *
 * @module
 */
import * as v from "valibot";
import { KEY_LENGTH, NONCE_LENGTH, TAG_LENGTH } from "../crypto/aead.ts";
import { fromBase64 } from "../crypto/bytes.ts";
import { HPKE_OVERHEAD, PUBLIC_KEY_LENGTH } from "../crypto/hpke.ts";
import { VaultError } from "../errors.ts";
import type { StoredVault, StoreReader } from "./store.ts";

/** The version of the vault format. A newer one is refused, not guessed at. */
export const FORMAT_VERSION = 3;

const bytes = v.custom<Uint8Array>((value) => value instanceof Uint8Array);
const key = v.pipe(bytes, v.length(KEY_LENGTH));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const settings = v.looseObject({ type: v.string() });
const base64 = (length: number) =>
  v.pipe(v.string(), v.check((text) => fromBase64(text)?.length === length));

const rowSchema = v.object({
  /** Random UUID, for life. Part of everything that is bound. */
  vaultId: v.string(),
  /** The version of the vault format. */
  formatVersion: v.literal(FORMAT_VERSION),
  /** Milliseconds since 1970-01-01 UTC. */
  createdAtMs: count,
  /** When the key or its provider last changed. Milliseconds since 1970-01-01 UTC. */
  updatedAtMs: count,
  /** What the key provider needs to give the KEK again; nothing secret. */
  provider: settings,
  /** The KEK that wraps every DEK. */
  kekId: v.string(),
  /** KEKs from before rotations, newest first, to tell a stale key from a wrong one. */
  retiredKekIds: v.array(v.string()),
  /** A rotation under way: what to finish or to discard. */
  rotation: v.nullable(v.object({ from: settings, to: settings, toKekId: v.string() })),
  /** The second way to the KEK; see `recovery.ts`. */
  recovery: v.nullable(v.object({
    createdAtMs: count,
    publicKey: base64(PUBLIC_KEY_LENGTH),
    sealedKek: base64(KEY_LENGTH + HPKE_OVERHEAD),
    proof: base64(NONCE_LENGTH + KEY_LENGTH + TAG_LENGTH),
  })),
  /** The chain key of the row after `auditAnchorSeq`, sealed under the KEK. */
  auditAnchor: bytes,
  /** The seq that the anchor stands behind. */
  auditAnchorSeq: count,
  /** The MAC of the audit row that the anchor stands behind. */
  auditAnchorMac: bytes,
  /** The key of the proofs, sealed under the KEK; see `proof_key.ts`. */
  auditProofKey: bytes,
  /** The keys of older proofs that some event still needs, newest first, each sealed under the one before it here. */
  pastProofKeys: v.array(v.object({
    throughSeq: count,
    sealed: base64(NONCE_LENGTH + KEY_LENGTH + TAG_LENGTH),
  })),
  /** The MAC of all the fields above under the key of the proofs. */
  descriptionMac: bytes,
  /** The seq of the last audit row. */
  auditSeq: count,
  /** The MAC of the last audit row. */
  auditMac: bytes,
  /** The chain key of the next audit row. */
  auditKey: key,
});

/** The MAC itself, and the fields that change without the KEK: those the audit chain protects. */
const OTHER_FIELDS: readonly string[] = ["descriptionMac", "auditSeq", "auditMac", "auditKey"];

/** What `descriptionMac` covers, in the order of the columns. */
export const DESCRIPTION_FIELDS: readonly (keyof VaultRow)[] =
  (Object.keys(rowSchema.entries) as (keyof VaultRow)[])
    .filter((field) => !OTHER_FIELDS.includes(field));

/** The key of the proofs of all events up to a seq: base64 of 72 bytes, sealed under the one that came next. */
export interface PastProofKey {
  /** The last event that it is the key of. */
  readonly throughSeq: number;
  /** The key, sealed. */
  readonly sealed: string;
}

/** What a key provider needs to give its key again; `type` names the provider. Nothing secret. */
export type ProviderSettings = Readonly<Record<string, unknown>> & { readonly type: string };

/**
 * A copy of what is to be stored for a key provider, as it will be read again: whatever becomes of the caller's own.
 *
 * @throws {VaultError} `INVALID_INPUT` if it is not an object of JSON with a `type`.
 */
export function takeSettings(given: ProviderSettings): ProviderSettings {
  const document = copyOfJson(given);
  const parsed = v.safeParse(settings, document);
  const isWhole = parsed.success &&
    Object.keys(parsed.output).length === Object.keys(document ?? {}).length;
  if (isWhole) return parsed.output;
  const problem = "its settings are not an object of JSON with a type";
  throw new VaultError("INVALID_INPUT", "take a key", problem);
}

function copyOfJson(value: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(value));
  } catch {
    return undefined;
  }
}

/** The parsed row of the vault. */
export interface VaultRow
  extends Omit<v.InferOutput<typeof rowSchema>, "provider" | "rotation" | "recovery"> {
  readonly provider: ProviderSettings;
  readonly recovery: Recovery | null;
  readonly rotation: PendingRotation | null;
}

/** The KEK sealed to the public key of a recovery key; see `recovery.ts`. Bytes are base64. */
export interface Recovery {
  /** When the recovery key was made. Milliseconds since 1970-01-01 UTC. */
  readonly createdAtMs: number;
  /** What the KEK is sealed to. */
  readonly publicKey: string;
  /** The KEK, sealed. */
  readonly sealedKek: string;
  /** A digest of the others, sealed under the KEK. */
  readonly proof: string;
}

/** A rotation of the master key that is under way, or died on the way. */
export interface PendingRotation {
  /** The settings of the key that is being replaced. */
  readonly from: ProviderSettings;
  /** The settings of the key that replaces it. */
  readonly to: ProviderSettings;
  /** The id of the key that replaces it. */
  readonly toKekId: string;
}

/** How many retired kekIds are remembered. */
export const MAX_RETIRED_KEK_IDS = 64;

/**
 * Reads the vault's row.
 *
 * @throws {VaultError} `NOT_FOUND` without a vault, `UNSUPPORTED` for a newer format,
 * `INTEGRITY` for a row that is not well-formed, or is gone while other rows of the vault are there.
 */
export async function readVaultRow(reader: StoreReader): Promise<VaultRow> {
  const row = await reader.vault();
  if (row !== undefined) return parseVaultRow(row);
  await refuseRemains(reader);
  throw new VaultError("NOT_FOUND", "open the vault", "there is no vault here", {
    hints: ["make one with: aivault init"],
  });
}

/**
 * Checks that a store without the vault's row holds nothing else of a vault either.
 *
 * @throws {VaultError} `INTEGRITY`
 */
export async function refuseRemains(reader: StoreReader): Promise<void> {
  const { length: events } = await reader.audit({ limit: 1 });
  if (events + await reader.countSecrets() + await reader.countParts() === 0) return;
  throw new VaultError("INTEGRITY", "open the vault", "its description is gone", {
    hints: ["restore the vault from a backup"],
  });
}

function parseVaultRow(row: StoredVault): VaultRow {
  const parsed = v.safeParse(rowSchema, row);
  if (parsed.success && isTakenWhole(row, parsed.output)) return parsed.output;
  const version = row.formatVersion;
  if (typeof version === "number" && version > FORMAT_VERSION) {
    throw new VaultError(
      "UNSUPPORTED",
      "open the vault",
      `its format ${version} is newer than this program`,
      {
        hints: [`this program reads format ${FORMAT_VERSION}; use a newer aivault`],
      },
    );
  }
  throw editedVault();
}

/** The error of a vault whose own row is not as it was written. */
export function editedVault(cause?: VaultError): VaultError {
  return new VaultError("INTEGRITY", "open the vault", "its description was changed or damaged", {
    hints: ["restore the vault from a backup"],
    cause,
  });
}

// What a schema leaves out of a document would not be bound.
function isTakenWhole(row: StoredVault, taken: VaultRow): boolean {
  return DOCUMENTS.every((field) => JSON.stringify(row[field]) === JSON.stringify(taken[field]));
}

const DOCUMENTS = [
  "provider",
  "retiredKekIds",
  "rotation",
  "recovery",
  "pastProofKeys",
] as const satisfies (keyof VaultRow)[];
