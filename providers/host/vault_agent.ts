/**
 * The agent of a vault, for programs that open the vault themselves.
 *
 * @module
 */
import { agentKeeper } from "../../lib/agent/agent_keeper.ts";
import type { KekKeeper } from "../../lib/vault/keys/key_source.ts";
import { agentConnector } from "./agent_socket.ts";
import { systemClock } from "./system_clock.ts";

/**
 * The agent that keeps the vault in `directory` unlocked, for `Vault.open`: with it, a vault that `aivault unlock`
 * has unlocked opens without its passphrase.
 *
 * @param directory The vault's directory. While no agent of it runs, the vault's key provider is asked.
 *
 * @example
 * ```ts
 * import { passphraseKeyProvider, vaultAgent } from "@aivault/cli/providers";
 * import { Vault } from "@aivault/cli";
 * import { SqliteStore } from "@aivault/cli/stores/sqlite";
 * import assert from "node:assert/strict";
 * import { mkdtemp, rm } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 *
 * const directory = await mkdtemp(join(tmpdir(), "aivault-"));
 * const provider = passphraseKeyProvider(() => Promise.resolve(new TextEncoder().encode("correct horse")));
 * const providers = new Map([[provider.type, provider]]);
 * const key = await provider.create({ "argon2-memory": "8", "argon2-iterations": "1" });
 * const path = join(directory, "vault.db");
 * const store = await SqliteStore.open({ path, create: true });
 * await (await Vault.init({ store, key, providers })).close();
 * key.kek.fill(0);
 *
 * // Nobody has unlocked it, so the passphrase is asked for all the same.
 * const again = await SqliteStore.open({ path, create: false });
 * const vault = await Vault.open({ store: again, providers, keeper: vaultAgent(directory) });
 * assert.equal((await vault.info()).provider.type, "passphrase");
 * await vault.close();
 * await rm(directory, { recursive: true });
 * ```
 */
export function vaultAgent(directory: string): KekKeeper {
  return agentKeeper(agentConnector(directory), systemClock);
}
