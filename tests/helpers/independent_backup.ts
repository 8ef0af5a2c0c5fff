/**
 * A backup file, taken apart: written from FORMAT.md, with a cipher of its own.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { openXChaCha } from "./independent_aead.ts";
import { encode } from "./independent_chain.ts";

/** A backup whose manifest is proved. */
export interface ReadBackup {
  /** Magic and length: 21 bytes. */
  readonly beginning: Uint8Array;
  /** As it stands in the file. */
  readonly manifest: string;
  /** The manifest's members. */
  readonly members: Readonly<Record<string, string | number>>;
  /** What is digested. */
  readonly message: Uint8Array;
  readonly digest: Uint8Array;
  readonly context: Uint8Array;
  readonly proof: Uint8Array;
  /** A database of SQLite. */
  readonly database: Uint8Array;
}

const MEMBERS = "format vaultId kekId createdAtMs secrets events head size sha256 proof".split(" ");

/** Takes a backup apart, and checks all that can be checked before its database is opened. */
export function readBackup(file: Uint8Array, kek: Uint8Array): ReadBackup {
  const bytes = Buffer.from(file);
  assert.equal(bytes.subarray(0, 17).toString("latin1"), "aivault-backup 1\n");
  const length = bytes.readUInt32BE(17);
  assert.ok(length <= 65_536);
  const manifest = bytes.subarray(21, 21 + length).toString("utf8");
  const database = bytes.subarray(21 + length);
  const members = JSON.parse(manifest);
  assert.deepEqual(Object.keys(members).sort(), MEMBERS.toSorted());
  const { format, vaultId, kekId, createdAtMs, secrets, events, head, size, sha256 } = members;
  assert.equal(format, 1);
  assert.equal(size, database.length);
  assert.equal(sha256, createHash("sha256").update(database).digest("hex"));
  const fields = [format, vaultId, kekId, createdAtMs, secrets, events, head, size];
  const message = encode("backup", ...fields, new Uint8Array(Buffer.from(sha256, "hex")));
  const digest = createHash("sha256").update(message).digest();
  const context = encode("backup-proof", vaultId, kekId);
  const proof = new Uint8Array(Buffer.from(members.proof, "base64"));
  assert.equal(Buffer.from(openXChaCha(kek, proof, context)).compare(digest), 0, "it is proved");
  const beginning = bytes.subarray(0, 21);
  return { beginning, manifest, members, message, digest, context, proof, database };
}
