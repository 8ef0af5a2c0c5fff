/**
 * The key provider `env`: a key as base64 in an environment variable, read at startup.
 *
 * @module
 */
import * as v from "valibot";
import { NEW_KEY_HINT, OWN_KEY_HINT, parseKeyText } from "../../lib/crypto/key_text.ts";
import { VaultError } from "../../lib/errors.ts";
import type { KeyOption, KeyProvider } from "../../lib/vault/keys/key_provider.ts";
import { ownKek } from "../../lib/vault/keys/own_key.ts";
import type { ProviderSettings } from "../../lib/vault/vault_row.ts";
import { checkKeyOptions } from "./key_options.ts";

const namePattern = /^[A-Za-z_][A-Za-z0-9_]*$/;
const settingsSchema = v.object({
  type: v.literal("env"),
  variable: v.pipe(v.string(), v.regex(namePattern)),
});

/** The variable that is read when no other is named. */
export const DEFAULT_KEY_VARIABLE = "AIVAULT_KEY";

const OPTIONS: readonly KeyOption[] = [{
  name: "env-var",
  value: "<name>",
  description: `environment variable that holds the key (default: ${DEFAULT_KEY_VARIABLE})`,
}];

/**
 * Reads the key from the environment. It cannot write there, so a rotation commits to the store, and
 * from then on the variable has to hold the new key: until it does, loading gives the old one
 * and the vault refuses it as `KEY_STALE`.
 *
 * @param read Gives the value of an environment variable.
 */
export function envKeyProvider(read: (name: string) => string | undefined): KeyProvider {
  const attempted = "read the vault's key";
  const load = (variable: string, hint: string, absent: string): Uint8Array => {
    const text = read(variable);
    if (text !== undefined) {
      return parseKeyText(
        text,
        attempted,
        `environment variable ${variable}`,
        "KEY_UNUSABLE",
        hint,
      );
    }
    throw new VaultError("KEY_MISSING", attempted, `environment variable ${variable} is not set`, {
      hints: [absent],
    });
  };
  return {
    type: "env",
    needsPassphrase: false,
    selfHeals: false,
    options: OPTIONS,
    // async: a failure is a rejection, never a throw
    async create(given) {
      checkKeyOptions(OPTIONS, given);
      const variable = given["env-var"] ?? DEFAULT_KEY_VARIABLE;
      if (!namePattern.test(variable)) {
        throw new VaultError(
          "INVALID_INPUT",
          "initialise the vault",
          "--env-var is not a variable's name",
        );
      }
      return {
        settings: { type: "env", variable },
        kek: load(variable, NEW_KEY_HINT, makeIt(variable)),
        adopted: true,
      };
    },
    // async: a failure is a rejection, never a throw
    async load(settings) {
      const variable = variableOf(settings);
      return load(variable, OWN_KEY_HINT, `set ${variable} to the vault's key, base64 of 32 bytes`);
    },
    // async: a failure is a rejection, never a throw
    async next(settings, { newKey }) {
      if (newKey !== undefined) return { settings, kek: ownKek(newKey) };
      throw new VaultError("INVALID_INPUT", "rotate the master key", "a new key is needed", {
        hints: [
          "give it with --new-key-file <path|-> or --new-key; the program cannot set a variable for you",
        ],
      });
    },
    stage: () => Promise.resolve(),
    loadStaged: () => Promise.resolve(undefined),
    commit: () => Promise.resolve(),
    discard: () => Promise.resolve(),
    retire: () => Promise.resolve(),
    describe: (settings) => `environment variable ${variableOf(settings)}`,
    afterRotation: (settings) =>
      `set ${variableOf(settings)} to the new key now: until then every command fails`,
  };
}

function makeIt(variable: string): string {
  return `make a key, and keep a copy: export ${variable}="$(head -c 32 /dev/urandom | base64)"`;
}

function variableOf(settings: ProviderSettings): string {
  const parsed = v.safeParse(settingsSchema, settings);
  if (parsed.success) return parsed.output.variable;
  throw new VaultError(
    "INTEGRITY",
    "read the vault's key",
    "the settings of the variable are damaged",
  );
}
