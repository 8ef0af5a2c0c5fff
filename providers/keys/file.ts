/**
 * The key provider `file`: a key as base64 in a file that only its owner can read.
 *
 * @module
 */
import { resolve } from "node:path";
import * as v from "valibot";
import { VaultError } from "../../lib/errors.ts";
import type { KeyOption, KeyProvider } from "../../lib/vault/keys/key_provider.ts";
import type { ProviderSettings } from "../../lib/vault/vault_row.ts";
import { keyFilePath, storedKeyFilePath } from "../host/key_file_path.ts";
import {
  createPrivateFile,
  readPrivateFile,
  removeFile,
  replacePrivateFile,
} from "../host/private_file.ts";
import { removeLeftovers } from "../host/temporary_file.ts";
import { checkKeyOptions } from "./key_options.ts";
import { commitKey, createKey, type KeyPlace, nextKey, readKey, stageKey } from "./stored_key.ts";

const settingsSchema = v.object({
  type: v.literal("file"),
  path: v.pipe(v.string(), v.minLength(1)),
});

const OPTIONS: readonly KeyOption[] = [{
  name: "file-path",
  value: "<path>",
  description: "file that holds or will hold the key, base64 of 32 bytes" +
    " (default: $AIVAULT_DIR/kek.key, or ~/.aivault/keys/kek.key)",
}];

/** Where the `file` provider looks. */
export interface FileKeyOptions {
  /** The vault's directory: a key inside it is stored as a path relative to it, so both can be moved. */
  readonly vaultDirectory: string;
  /**
   * Where the key goes when no path is given. If that is in the home directory, it is stored as a path relative
   * to it, so the home can be moved. Any other path outside the vault's directory is stored as it is.
   */
  readonly defaultPath: string;
  /** Gives the home directory. Default: that of the user. */
  readonly home?: (() => string) | undefined;
}

/**
 * Keeps the key in a file, mode 0600, made if absent and adopted if there. A rotation stages the new key in
 * `<path>.next` and then renames it over the old one.
 *
 * Besides the errors of every provider: `KEY_UNUSABLE` if the file is a symbolic link, is not the
 * user's own or can be read by others, with the command that mends it.
 *
 * @example
 * ```ts
 * import { fileKeyProvider } from "@aivault/cli/providers";
 * import { MemoryStore, Vault } from "@aivault/cli";
 * import assert from "node:assert/strict";
 * import { mkdtemp, rm } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 *
 * const vaultDirectory = await mkdtemp(join(tmpdir(), "aivault-"));
 * const provider = fileKeyProvider({ vaultDirectory, defaultPath: join(vaultDirectory, "kek.key") });
 * const providers = new Map([[provider.type, provider]]);
 * const store = new MemoryStore();
 * const key = await provider.create({});
 * await (await Vault.init({ store, key, providers })).close();
 * key.kek.fill(0);
 * const vault = await Vault.open({ store, providers });
 * assert.equal((await vault.info()).provider.type, "file");
 * await vault.close();
 * await rm(vaultDirectory, { recursive: true });
 * ```
 */
export function fileKeyProvider(options: FileKeyOptions): KeyProvider {
  return fileKeyProviderOn(filePlace, options);
}

/** {@linkcode fileKeyProvider} on places of the caller's, so that a test can die between two effects. */
export function fileKeyProviderOn(
  place: (path: string) => KeyPlace,
  options: FileKeyOptions,
): KeyProvider {
  const { defaultPath } = options;
  const pathOf = (settings: ProviderSettings): string => {
    const parsed = v.safeParse(settingsSchema, settings);
    if (parsed.success) return keyFilePath(options, parsed.output.path);
    throw new VaultError(
      "INTEGRITY",
      "read the vault's key",
      "the settings of the key file are damaged",
    );
  };
  const present = (settings: ProviderSettings) => place(pathOf(settings));
  const staged = (settings: ProviderSettings) => place(`${pathOf(settings)}.next`);
  return {
    type: "file",
    needsPassphrase: false,
    selfHeals: false,
    options: OPTIONS,
    async create(given) {
      checkKeyOptions(OPTIONS, given);
      if (given["file-path"] === "") {
        throw new VaultError("INVALID_INPUT", "initialise the vault", "--file-path is empty");
      }
      const path = resolve(given["file-path"] ?? defaultPath);
      // A maker that was killed may have left a second link to the key, or a key that never became one.
      await removeLeftovers(path);
      const key = await createKey(place(path));
      const stored = storedKeyFilePath(options, path, defaultPath);
      return { ...key, settings: { type: "file", path: stored } };
    },
    async load(settings) {
      const file = present(settings);
      const key = await readKey(file);
      if (key !== undefined) return key;
      throw new VaultError(
        "KEY_MISSING",
        "read the vault's key",
        `${file.description} does not exist`,
        {
          hints: ["put the key file back; without it only a recovery key opens the vault"],
        },
      );
    },
    next: async (settings, request) => ({ settings, kek: nextKey(request) }),
    stage: async (settings, kek) => await stageKey(staged(settings), kek),
    loadStaged: async (settings) => await readKey(staged(settings)),
    commit: async (settings) => await commitKey(present(settings), staged(settings)),
    discard: async (settings) => await staged(settings).remove(),
    retire: async (settings) => await present(settings).remove(),
    describe: (settings) => present(settings).description,
  };
}

/** The private file at `path`, as a place for a key. */
export function filePlace(path: string): KeyPlace {
  const attempted = "read the vault's key";
  return {
    description: `key file ${path}`,
    read: () => readPrivateFile(path, attempted),
    create: (text) => createPrivateFile(path, text),
    replace: (text) => replacePrivateFile(path, text),
    remove: () => removeFile(path),
  };
}
