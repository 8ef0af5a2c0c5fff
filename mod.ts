/**
 * aivault: an encrypted vault for the secrets that scripts and AI agents use.
 *
 * Start with {@linkcode Vault}. It keeps secrets in a {@linkcode Store}: {@linkcode MemoryStore} here, `SqliteStore` in
 * `@aivault/cli/stores/sqlite`. Its key is 32 bytes that you keep, or comes from a {@linkcode KeyProvider} of
 * `@aivault/cli/providers`. This module uses Web standards only: it loads in a browser, an edge worker, Deno, Bun and Node.
 *
 * Values go in and are not handed back; {@linkcode Vault.use} lends one to a function.
 *
 * @example
 * ```ts
 * import { MemoryStore, Vault } from "@aivault/cli";
 * import assert from "node:assert/strict";
 *
 * const kek = crypto.getRandomValues(new Uint8Array(32));
 * const vault = await Vault.init({ store: new MemoryStore(), kek });
 * await vault.create({ name: "OPENAI_API_KEY", value: new TextEncoder().encode("sk-example") });
 * const header = await vault.use("OPENAI_API_KEY", {}, (value) => {
 *   return `Bearer ${new TextDecoder().decode(value)}`;
 * });
 * assert.equal(header, "Bearer sk-example");
 * await vault.close();
 * ```
 *
 * @module
 */
export { type ErrorCode, VaultError, type VaultErrorOptions } from "./lib/errors.ts";
export type { AuditKind, AuditQuery, AuditRow } from "./lib/vault/audit/audit.ts";
export type { AuditFinding, AuditFindingKind } from "./lib/vault/audit/audit_finding.ts";
export { auditHead } from "./lib/vault/audit/audit_head.ts";
export type { BackupTarget, BackupVerification, DatabaseCopy } from "./lib/vault/backup.ts";
export type { BackupManifest, FileDigest } from "./lib/vault/backup_manifest.ts";
export type { BrokenSecret, SecretCheck } from "./lib/vault/secrets/check_secrets.ts";
export type { SecretChanges } from "./lib/vault/secrets/change_secret.ts";
export { secretRef } from "./lib/vault/secrets/find.ts";
export type {
  CreatedKey,
  KeyOption,
  KeyOptions,
  KeyProvider,
  NextKeyRequest,
  PassphrasePurpose,
  PassphraseSource,
  ProvidedKey,
} from "./lib/vault/keys/key_provider.ts";
export type { KekHandle, Rewrap, Rewrapper } from "./lib/vault/keys/kek.ts";
export type { KekKeeper, KeyProviders } from "./lib/vault/keys/key_source.ts";
export { MemoryStore } from "./lib/vault/memory_store.ts";
export type { NewSecret } from "./lib/vault/secrets/new_secret.ts";
export type { PruneResult } from "./lib/vault/audit/prune_audit.ts";
export type { AuditOptions } from "./lib/vault/audit/read_audit.ts";
export type { DamagedSecret, ShownSecret } from "./lib/vault/secrets/read_secrets.ts";
export type {
  RecoverOptions,
  RecoveryKeyOptions,
  RecoveryKeyReader,
} from "./lib/vault/keys/recovery_key.ts";
export { builtInRegistry, createRegistry, type Registry } from "./lib/vault/registry.ts";
export type { RotationResult, RotationStep, StepListener } from "./lib/vault/keys/rotate_master.ts";
export type { Group, Scope, ScopeKind, UseContext } from "./lib/vault/secrets/scope.ts";
export type { SecretMetadata, SecretRecord, SecretRow } from "./lib/vault/secrets/secret.ts";
export type {
  AuditRange,
  StatePlace,
  Store,
  StoredVault,
  StoreReader,
  StoreWriter,
  WriteOptions,
} from "./lib/vault/store.ts";
export type { SecretUser } from "./lib/vault/secrets/use_secret.ts";
export { Vault } from "./lib/vault/vault.ts";
export { type VaultInfo, vaultInfo } from "./lib/vault/vault_info.ts";
export type {
  CallerKeyOptions,
  KeptKeyOptions,
  ProvidedKeyOptions,
  ProviderKeyOptions,
  RefOptions,
  VaultOptions,
} from "./lib/vault/vault_options.ts";
export type { ProviderSettings } from "./lib/vault/vault_row.ts";
export type { AuditVerification, VerifyOptions } from "./lib/vault/audit/verify_audit.ts";
export type { AuditListener } from "./lib/vault/audit/verify_chain.ts";

// Run as a program (`deno run jsr:@aivault/cli status`), this is the command line; nothing else loads the platform.
if (import.meta.main) await import("./cli.ts");
