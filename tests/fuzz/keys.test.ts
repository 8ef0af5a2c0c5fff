/**
 * Key texts, and the stored settings of every key provider, fuzzed.
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { parseKeyText } from "../../lib/crypto/key_text.ts";
import { formatTypedKey, parseTypedKey } from "../../lib/crypto/typed_key.ts";
import { VaultError } from "../../lib/errors.ts";
import type { KeyProvider } from "../../lib/vault/keys/key_provider.ts";
import {
  envKeyProvider,
  fileKeyProvider,
  macosKeychainProvider,
  passphraseKeyProvider,
} from "../../providers/mod.ts";
import { fakeInProcess } from "../keys/fake_keychain.ts";
import { anyValue, bytes, damaged, fuzz, outcome } from "./fuzz.ts";

const aKeyText = new TextEncoder().encode(Buffer.alloc(32, 7).toString("base64"));

fuzz("parseKeyText()", fc.oneof(bytes(200), damaged(aKeyText)), 1_000, async (text) => {
  const key = await outcome(() => parseKeyText(text, "read a key", "a source"));
  if (!(key instanceof VaultError)) return assert.equal(key.length, 32);
  const said = [key.message, ...key.hints].join("\n");
  // Shorter texts may stand in the message by chance.
  const given = new TextDecoder().decode(text).trim();
  assert.ok(given.length < 8 || !said.includes(given), "the text is not repeated");
});

const aTypedKey = formatTypedKey(new Uint8Array(32).fill(7));
const typedKeys = fc.oneof(bytes(200), damaged(aTypedKey));

fuzz("parseTypedKey()", typedKeys, 1_000, async (text) => {
  const key = await outcome(() => parseTypedKey(text, "read a recovery key"));
  if (!(key instanceof VaultError)) assert.equal(key.length, 32);
});

/** Settings as the program writes them. */
const settings: Record<string, Record<string, unknown>> = {
  file: { type: "file", path: "kek.key" },
  env: { type: "env", variable: "AIVAULT_KEY" },
  "macos-keychain": { type: "macos-keychain", service: "aivault", account: "kek" },
  passphrase: {
    type: "passphrase",
    kdf: {
      algorithm: "argon2id",
      version: 19,
      memoryKiB: 8192,
      iterations: 1,
      parallelism: 1,
      salt: "AAAAAAAAAAAAAAAAAAAAAA==",
    },
  },
};

/** `document` with some of its fields, and of those within, replaced, added or taken away. */
function edited(document: Record<string, unknown>): fc.Arbitrary<Record<string, unknown>> {
  const fields = Object.entries(document).map(([name, value]) => {
    const own = typeof value === "object" && value !== null
      ? edited(value as Record<string, unknown>)
      : fc.constant(value);
    return fc.record({
      name: fc.constant(name),
      value: fc.oneof({ weight: 4, arbitrary: own }, anyValue),
      isThere: fc.nat(9).map((n) => n > 0),
    });
  });
  return fc.tuple(fc.tuple(...fields), fc.dictionary(fc.string(), anyValue, { maxKeys: 2 })).map(
    ([kept, more]) => ({
      ...more,
      ...Object.fromEntries(
        kept.filter(({ isThere }) => isThere).map(({ name, value }) => [name, value]),
      ),
    }),
  );
}

const providers: readonly KeyProvider[] = [
  fileKeyProvider({ vaultDirectory: "/nonexistent", defaultPath: "/nonexistent/kek.key" }),
  envKeyProvider((name) => name === "HOME" ? "/home" : undefined),
  macosKeychainProvider({ run: fakeInProcess().run }),
  passphraseKeyProvider(() => Promise.resolve(new TextEncoder().encode("a passphrase"))),
];

for (const provider of providers) {
  const input = edited(settings[provider.type] ?? {});
  // An Argon2 of allowed cost takes its time.
  const runs = provider.type === "passphrase" ? 60 : 300;
  fuzz(`the key provider ${provider.type} on stored settings`, input, runs, async (given) => {
    // The provider is chosen by its type, so that is as it should be.
    const stored = { ...given, type: provider.type };
    await outcome(() => provider.describe(stored));
    const key = await outcome(() => provider.load(stored));
    if (!(key instanceof VaultError)) assert.equal(key.length, 32);
    await outcome(() => provider.loadStaged(stored));
    await outcome(() => provider.next(stored, {}));
    await outcome(() => provider.afterRotation?.(stored));
  });
}
