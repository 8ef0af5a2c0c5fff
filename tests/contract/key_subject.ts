/**
 * What the suite of the key providers works on, and what it asserts with.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { type ErrorCode, VaultError } from "../../lib/errors.ts";
import type { KeyOptions, KeyProvider, NextKeyRequest } from "../../lib/vault/keys/key_provider.ts";
import type { Effect } from "./dying.ts";

/** A place for a key, and a provider on it. */
export interface KeyProviderSubject {
  /** A fresh instance on the same place, as a new process makes it. */
  open(): KeyProvider;
  /** What `create` is given. */
  readonly options: KeyOptions;
  /** What `next` needs, if it cannot make a key by itself. */
  readonly request?: NextKeyRequest;
  /** Puts a text where the key is looked for, or nothing. Absent if the key is kept nowhere. */
  put?(text: string | undefined): Promise<void>;
  /** An instance whose every effect passes through `effect`. Present if the provider stores keys itself. */
  through?(effect: Effect): KeyProvider;
  /** Removes what is left. */
  dispose?(): Promise<void>;
}

/** Runs a body on a place of its own. */
export type WithSubject = (
  body: (subject: KeyProviderSubject) => Promise<void>,
) => () => Promise<void>;

/** The error that `promise` rejects with, which has `code`. */
export async function assertRejects(
  promise: Promise<unknown>,
  code: ErrorCode,
): Promise<VaultError> {
  const error = await promise.then(() => undefined, (reason: unknown) => reason);
  assert.ok(error instanceof VaultError, `expected a VaultError, got ${String(error)}`);
  assert.equal(error.code, code, error.message);
  return error;
}

/** Fails unless `text` holds `key` in one of the forms a key is written in, or with `expected` false, if it does. */
export function assertHolds(text: string, key: Uint8Array, expected: boolean): void {
  const bytes = Buffer.from(key);
  const forms = [
    bytes.toString("base64"),
    bytes.toString("base64url"),
    bytes.toString("hex"),
    bytes.join(","),
  ];
  const found = forms.some((form) =>
    text.toLowerCase().includes(form.replace(/=+$/, "").toLowerCase())
  );
  assert.equal(found, expected, expected ? "the key should be there" : "the key stands in it");
}

/** Fails if `error` echoes `text` anywhere. */
export function assertSilentOn(error: VaultError, text: string): void {
  const said = [error.message, ...error.hints, String(error.cause ?? "")].join("\n");
  assert.ok(text === "" || !said.includes(text), "the text is echoed");
}
