/**
 * The key provider `passphrase`: a key derived by Argon2id, kept nowhere.
 *
 * @module
 */
import * as v from "valibot";
import {
  ARGON2_BOUNDS,
  ARGON2_DEFAULTS,
  type Argon2Parameters,
  checkArgon2Parameters,
  deriveKey,
  SALT_LENGTH,
} from "../../lib/crypto/argon2.ts";
import { fromBase64, isBytes, randomBytes, toBase64, wipe } from "../../lib/crypto/bytes.ts";
import { hasCode, VaultError } from "../../lib/errors.ts";
import type {
  KeyOption,
  KeyOptions,
  KeyProvider,
  PassphrasePurpose,
  PassphraseSource,
  ProvidedKey,
} from "../../lib/vault/keys/key_provider.ts";
import type { ProviderSettings } from "../../lib/vault/vault_row.ts";
import { checkKeyOptions } from "./key_options.ts";

const settingsSchema = v.object({
  type: v.literal("passphrase"),
  kdf: v.object({
    algorithm: v.literal("argon2id"),
    version: v.literal(0x13),
    memoryKiB: v.number(),
    iterations: v.number(),
    parallelism: v.number(),
    salt: v.string(),
  }),
});

const OPTIONS: readonly KeyOption[] = [
  cost("argon2-memory", "<MiB>", "memory in MiB", ARGON2_DEFAULTS.memoryKiB / 1024),
  cost("argon2-iterations", "<n>", "passes over the memory", ARGON2_DEFAULTS.iterations),
  cost("argon2-parallelism", "<n>", "lanes", ARGON2_DEFAULTS.parallelism),
];

/** Derives the key from a passphrase that `ask` gives. */
export function passphraseKeyProvider(ask: PassphraseSource): KeyProvider {
  const derive = async (
    purpose: PassphrasePurpose,
    parameters: Argon2Parameters,
  ): Promise<Uint8Array> => {
    const passphrase = await ask(purpose);
    if (!isBytes(passphrase)) {
      const problem = "the passphrase is not a Uint8Array";
      throw new VaultError("INVALID_INPUT", "derive a key from the passphrase", problem);
    }
    try {
      return await deriveKey(passphrase, parameters);
    } finally {
      wipe(passphrase);
    }
  };
  const fresh = async (costs: Omit<Argon2Parameters, "salt">): Promise<ProvidedKey> => {
    const parameters = { ...costs, salt: randomBytes(SALT_LENGTH) };
    checkArgon2Parameters(parameters, "set the cost of the passphrase");
    return { settings: settingsOf(parameters), kek: await derive("new", parameters) };
  };
  return {
    type: "passphrase",
    needsPassphrase: true,
    selfHeals: false,
    options: OPTIONS,
    async create(given) {
      checkKeyOptions(OPTIONS, given);
      return { ...await fresh(costsFrom(given)), adopted: false };
    },
    async load(settings) {
      const parameters = parametersOf(settings);
      return await derive("unlock", parameters);
    },
    async next(settings, { newKey }) {
      if (newKey === undefined) return await fresh(costsOf(settings));
      throw new VaultError(
        "INVALID_INPUT",
        "rotate the master key",
        "a passphrase vault takes no key",
        {
          hints: ["give a new passphrase: aivault rotate-master --new-passphrase-file <path|->"],
        },
      );
    },
    stage: () => Promise.resolve(),
    loadStaged: () => Promise.resolve(undefined),
    commit: () => Promise.resolve(),
    discard: () => Promise.resolve(),
    retire: () => Promise.resolve(),
    describe: () => "the passphrase",
  };
}

function cost(name: string, value: string, what: string, byDefault: number) {
  return {
    name,
    value,
    description: `${what} of the passphrase's derivation (default: ${byDefault})`,
  };
}

function costsFrom(given: KeyOptions): Omit<Argon2Parameters, "salt"> {
  // Bounds are told in the flag's own unit, of which each is `unit` of the parameter's.
  const read = (flag: string, parameter: keyof typeof ARGON2_BOUNDS, unit = 1): number => {
    const text = given[flag];
    if (text === undefined) return ARGON2_DEFAULTS[parameter];
    const [least, most] = ARGON2_BOUNDS[parameter];
    const number = /^[0-9]+$/.test(text) ? Number(text) * unit : Number.NaN;
    if (number >= least && number <= most) return number;
    const problem = `--${flag} must be a whole number from ${least / unit} to ${most / unit}`;
    throw new VaultError("INVALID_INPUT", "set the cost of the passphrase", problem);
  };
  return {
    memoryKiB: read("argon2-memory", "memoryKiB", 1024),
    iterations: read("argon2-iterations", "iterations"),
    parallelism: read("argon2-parallelism", "parallelism"),
  };
}

function costsOf(settings: ProviderSettings): Omit<Argon2Parameters, "salt"> {
  if (settings.type !== "passphrase") return ARGON2_DEFAULTS;
  const { memoryKiB, iterations, parallelism } = parametersOf(settings);
  return { memoryKiB, iterations, parallelism };
}

function settingsOf(parameters: Argon2Parameters): ProviderSettings {
  const { salt, ...costs } = parameters;
  const kdf = { algorithm: "argon2id", version: 0x13, ...costs, salt: toBase64(salt) };
  return { type: "passphrase", kdf };
}

function parametersOf(settings: ProviderSettings): Argon2Parameters {
  const parsed = v.safeParse(settingsSchema, settings);
  const salt = parsed.success ? fromBase64(parsed.output.kdf.salt) : undefined;
  if (parsed.success && salt !== undefined) {
    const { memoryKiB, iterations, parallelism } = parsed.output.kdf;
    const parameters = { memoryKiB, iterations, parallelism, salt };
    try {
      checkArgon2Parameters(parameters, "unlock the vault");
      return parameters;
    } catch (error) {
      if (!hasCode(error, "INVALID_INPUT")) throw error;
      throw damagedSettings(error);
    }
  }
  throw damagedSettings();
}

function damagedSettings(cause?: VaultError): VaultError {
  const reason = cause === undefined ? "" : `: ${cause.problem}`;
  const problem = `the stored settings of the passphrase are damaged${reason}`;
  return new VaultError("INTEGRITY", "unlock the vault", problem, {
    hints: ["restore the vault from a backup"],
    cause,
  });
}
