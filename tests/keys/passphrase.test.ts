import assert from "node:assert/strict";
import test from "node:test";
import { VaultError } from "../../lib/errors.ts";
import type { KeyOptions, PassphrasePurpose } from "../../lib/vault/keys/key_provider.ts";
import type { ProviderSettings } from "../../lib/vault/vault_row.ts";
import { passphraseKeyProvider } from "../../providers/keys/passphrase.ts";
import { keyProviderContract } from "../contract/key_provider.ts";
import { assertHolds, assertRejects } from "../contract/key_subject.ts";

const cheap = { "argon2-memory": "8", "argon2-iterations": "1" };
const encode = (text: string) => new TextEncoder().encode(text);

/** A provider that is told `passphrase`, what it was asked for, and what it was given. */
function told(passphrase: string) {
  const asked: PassphrasePurpose[] = [];
  const given: Uint8Array[] = [];
  const provider = passphraseKeyProvider((purpose) => {
    asked.push(purpose);
    const bytes = encode(passphrase);
    given.push(bytes);
    return Promise.resolve(bytes);
  });
  return { provider, asked, given };
}

await keyProviderContract(
  "passphraseKeyProvider()",
  () => Promise.resolve({ open: () => told("correct horse").provider, options: cheap }),
);

test("passphraseKeyProvider() asks once for a new passphrase and once at every load, and wipes the answer", async () => {
  const { provider, asked, given } = told("correct horse");
  const { settings } = await provider.create(cheap);
  await provider.load(settings);
  await provider.next(settings, {});
  assert.deepEqual(asked, ["new", "unlock", "new"]);
  assert.ok(given.every((bytes) => bytes.every((byte) => byte === 0)));
});

test("passphraseKeyProvider() refuses an empty passphrase", async () => {
  const { provider } = told("");
  const { problem } = await assertRejects(provider.create(cheap), "INVALID_INPUT");
  assert.match(problem, /passphrase is empty/);
  const { settings } = await told("correct horse").provider.create(cheap);
  await assertRejects(provider.load(settings), "INVALID_INPUT");
});

test("passphraseKeyProvider() refuses a passphrase that is not UTF-8, and wipes it", async () => {
  const bytes = new Uint8Array([0x70, 0xff]);
  const provider = passphraseKeyProvider(() => Promise.resolve(bytes));
  await assertRejects(provider.create(cheap), "INVALID_INPUT");
  assert.deepEqual(bytes, new Uint8Array(2));
});

test("passphraseKeyProvider() passes on that there is nowhere to get a passphrase from", async () => {
  const { settings } = await told("correct horse").provider.create(cheap);
  const locked = new VaultError("LOCKED", "unlock the vault", "a passphrase is needed");
  const provider = passphraseKeyProvider(() => Promise.reject(locked));
  assert.equal(await assertRejects(provider.load(settings), "LOCKED"), locked);
});

test("passphraseKeyProvider() derives another key from a wrong passphrase, and no error", async () => {
  const { settings, kek } = await told("correct horse").provider.create(cheap);
  for (const wrong of ["correct horsf", "correct horse ", "Correct horse"]) {
    const derived = await told(wrong).provider.load(settings);
    assert.equal(derived.length, 32);
    assert.notDeepEqual(derived, kek);
  }
});

test("passphraseKeyProvider() derives one key however the letters are composed", async () => {
  const composed = "pässwörd Å";
  const { settings, kek } = await told(composed.normalize("NFC")).provider.create(cheap);
  assert.deepEqual(await told(composed.normalize("NFD")).provider.load(settings), kek);
});

test("passphraseKeyProvider() salts every vault anew", async () => {
  const { provider } = told("correct horse");
  const [a, b] = [await provider.create(cheap), await provider.create(cheap)];
  assert.notDeepEqual(a.kek, b.kek);
  assert.notDeepEqual(a.settings, b.settings);
  assert.equal(a.adopted, false);
});

test("passphraseKeyProvider() stores the cost that its flags raise, and derives with it", async () => {
  const raised = { "argon2-memory": "9", "argon2-iterations": "2", "argon2-parallelism": "2" };
  const { provider } = told("correct horse");
  const { settings, kek } = await provider.create(raised);
  const { salt, ...kdf } = settings["kdf"] as Record<string, unknown>;
  assert.deepEqual(kdf, {
    algorithm: "argon2id",
    version: 0x13,
    memoryKiB: 9_216,
    iterations: 2,
    parallelism: 2,
  });
  assert.equal(typeof salt, "string");
  assert.deepEqual(await provider.load(settings), kek);
  for (
    const [name, lower] of [["memoryKiB", 8_192], ["iterations", 1], ["parallelism", 1]] as const
  ) {
    const other = { type: "passphrase", kdf: { salt, ...kdf, [name]: lower } };
    assert.notDeepEqual(await provider.load(other), kek, `${name} takes no part`);
  }
});

test("passphraseKeyProvider() refuses costs that are no number or out of bounds, before it asks", async () => {
  const { provider, asked } = told("correct horse");
  const wrong: KeyOptions[] = [
    ...["", "7", "1025", "-8", "eight", "NaN", "Infinity"].map((value) => ({
      "argon2-memory": value,
    })),
    ...["", "0", "17", "1.5", "x"].map((value) => ({ ...cheap, "argon2-iterations": value })),
    ...["", "0", "17", "1.5", "x"].map((value) => ({ ...cheap, "argon2-parallelism": value })),
  ];
  for (const options of wrong) await assertRejects(provider.create(options), "INVALID_INPUT");
  assert.deepEqual(asked, []);
});

test("passphraseKeyProvider() refuses stored parameters out of bounds before it asks or allocates", async () => {
  const { provider, asked } = told("correct horse");
  const { settings } = await provider.create(cheap);
  asked.length = 0;
  const kdf = settings["kdf"] as Record<string, unknown>;
  const wrong: Record<string, unknown>[] = [
    ...[8_191, 1_048_577, 2 ** 40, -1, 8_192.5, "8192", null].map((memoryKiB) => ({ memoryKiB })),
    ...[0, 17, 1e9, 1.5, "1"].map((iterations) => ({ iterations })),
    ...[0, 17, 1e9, 1.5, "1"].map((parallelism) => ({ parallelism })),
    ...["", "AAAA", "A".repeat(24), "!".repeat(24), 7].map((salt) => ({ salt })),
    { algorithm: "argon2i" },
    { version: 0x10 },
  ];
  for (const part of wrong) {
    const damaged: ProviderSettings = { type: "passphrase", kdf: { ...kdf, ...part } };
    const error = await assertRejects(provider.load(damaged), "INTEGRITY");
    assert.match(error.problem, /settings of the passphrase are damaged/);
  }
  assert.deepEqual(asked, []);
});

test("passphraseKeyProvider() keeps the cost of the vault at a rotation, under a new salt", async () => {
  const { provider } = told("correct horse");
  const { settings, kek } = await provider.create({ ...cheap, "argon2-iterations": "2" });
  const next = await provider.next(settings, {});
  const [before, after] = [settings, next.settings].map((one) =>
    one["kdf"] as Record<string, unknown>
  );
  assert.deepEqual({ ...after, salt: "" }, { ...before, salt: "" });
  assert.notEqual(after?.["salt"], before?.["salt"]);
  assert.notDeepEqual(next.kek, kek);
  assert.deepEqual(await provider.load(next.settings), next.kek);
  assertHolds(JSON.stringify(next.settings), next.kek, false);
});

test("passphraseKeyProvider() takes no key for a rotation", async () => {
  const { provider, asked } = told("correct horse");
  const { settings } = await provider.create(cheap);
  asked.length = 0;
  await assertRejects(provider.next(settings, { newKey: new Uint8Array(32) }), "INVALID_INPUT");
  assert.deepEqual(asked, []);
});

test("passphraseKeyProvider() refuses a passphrase that is not bytes, and says nothing of it", async () => {
  for (const given of ["correct horse", undefined, null, 5, [99, 111]]) {
    const ask = () => Promise.resolve(given as unknown as Uint8Array);
    await assert.rejects(passphraseKeyProvider(ask).create({}), (error: Error) => {
      assert.ok("code" in error && error.code === "INVALID_INPUT", String(error));
      assert.doesNotMatch(error.message, /horse|99/);
      return true;
    });
  }
});
