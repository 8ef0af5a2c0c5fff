/**
 * Calls an API with a key that a vault lends: the vault that the command line has made.
 *
 *     aivault secrets create OPENAI_API_KEY
 *     node call_api.ts OPENAI_API_KEY https://api.openai.com/v1/models
 *
 * It prints the answer's status. The key is in memory only while the request is made, and the use is on record:
 * `aivault audit`.
 *
 * @module
 */
import { homedir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { Vault, VaultError } from "@aivault/cli";
import {
  envKeyProvider,
  fileKeyProvider,
  macosKeychainProvider,
  passphraseKeyProvider,
  securityCommand,
  vaultAgent,
} from "@aivault/cli/providers";
import { SqliteStore } from "@aivault/cli/stores/sqlite";

const [name = "", url = ""] = process.argv.slice(2);
const chosen = process.env["AIVAULT_DIR"];
const home = join(homedir(), ".aivault");
const directory = chosen ?? join(home, "data", "vault");
const defaultPath = chosen === undefined ? join(home, "keys", "kek.key") : join(chosen, "kek.key");

const providers = new Map(
  [
    fileKeyProvider({ vaultDirectory: directory, defaultPath }),
    macosKeychainProvider({ run: securityCommand() }),
    envKeyProvider((variable) => process.env[variable]),
    // Asked only if the vault's agent does not have the key: see `aivault unlock`.
    passphraseKeyProvider(() => Promise.reject(new VaultError("LOCKED", "call the API", "locked"))),
  ].map((provider) => [provider.type, provider]),
);
const vault = await Vault.open({
  store: await SqliteStore.open({ path: join(directory, "vault.db") }),
  providers,
  keeper: vaultAgent(directory),
  actor: "call_api.ts",
});
try {
  const { status } = await vault.use(name, {}, (key) => {
    const authorization = `Bearer ${new TextDecoder().decode(key)}`;
    return fetch(url, { headers: { authorization } });
  });
  console.log(status);
} finally {
  await vault.close();
}
