/**
 * A session's vault through the library, for what no command shows: the values.
 *
 * @module
 */
import { join } from "node:path";
import { type UseContext, Vault } from "../../mod.ts";
import { envKeyProvider, fileKeyProvider, passphraseKeyProvider } from "../../providers/mod.ts";
import { SqliteStore } from "../../providers/stores/sqlite.ts";
import type { Session } from "../helpers/session.ts";

/** Where a session's vault is, and what opens it; the session's own places by default. */
export interface VaultAccess {
  readonly directory?: string;
  readonly passphrase?: string;
  readonly key?: string;
}

/** The directory of the vault that the commands of `session` use. */
export function vaultDirectory({ env, home }: Session): string {
  return env["AIVAULT_DIR"] ?? join(home, ".aivault", "data", "vault");
}

/** Runs `work` with the vault of `session`, opened through the library. */
export async function withVaultOf<T>(
  session: Session,
  work: (vault: Vault) => Promise<T>,
  access: VaultAccess = {},
): Promise<T> {
  const { directory = vaultDirectory(session), passphrase = "", key } = access;
  const list = [
    fileKeyProvider({ vaultDirectory: directory, defaultPath: "", home: () => session.home }),
    envKeyProvider(() => key),
    passphraseKeyProvider(() => Promise.resolve(new TextEncoder().encode(passphrase))),
  ];
  const providers = new Map(list.map((provider) => [provider.type, provider]));
  const store = await SqliteStore.open({ path: join(directory, "vault.db") });
  let vault: Vault | undefined;
  try {
    vault = await Vault.open({ store, providers, actor: "test" });
    return await work(vault);
  } finally {
    await (vault ?? store).close();
  }
}

/** The bytes of a secret's value. */
export function bytesOf(
  session: Session,
  ref: string,
  context: UseContext = {},
  access: VaultAccess = {},
): Promise<Uint8Array> {
  return withVaultOf(
    session,
    (vault) => vault.use(ref, context, (value) => new Uint8Array(value)),
    access,
  );
}

/** A secret's value as text. */
export async function valueOf(...of: Parameters<typeof bytesOf>): Promise<string> {
  return new TextDecoder("utf-8", { fatal: true }).decode(await bytesOf(...of));
}
