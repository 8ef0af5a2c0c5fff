/**
 * What every key provider promises, as tests.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import test from "node:test";
import type { KeyOptions } from "../../lib/vault/keys/key_provider.ts";
import type { ProviderSettings } from "../../lib/vault/vault_row.ts";
import {
  assertHolds,
  assertRejects,
  assertSilentOn,
  type KeyProviderSubject,
  type WithSubject,
} from "./key_subject.ts";
import { storedKeyContract } from "./stored_key_provider.ts";

/** Runs the suite. `setup` makes a place: with a key in it for a provider that cannot make one, else empty. */
export async function keyProviderContract(
  name: string,
  setup: () => Promise<KeyProviderSubject>,
): Promise<void> {
  const withSubject: WithSubject = (body) => async () => {
    const subject = await setup();
    try {
      await body(subject);
    } finally {
      await subject.dispose?.();
    }
  };
  const sample = await setup();
  await sample.dispose?.();
  everyKey(name, withSubject);
  if (sample.put !== undefined) keptKey(name, withSubject);
  if (sample.through !== undefined) storedKeyContract(name, withSubject);
}

function everyKey(name: string, withSubject: WithSubject): void {
  test(
    `${name} creates a key of 32 bytes, and settings and a description that do not hold it`,
    withSubject(async (subject) => {
      const provider = subject.open();
      const { kek, settings } = await provider.create(subject.options);
      assert.equal(kek.length, 32);
      assert.equal(settings.type, provider.type);
      assert.deepEqual(JSON.parse(JSON.stringify(settings)), settings);
      assertHolds(JSON.stringify(settings), kek, false);
      assertHolds(provider.describe(settings), kek, false);
    }),
  );

  test(
    `${name} refuses an option that it does not have, and one that is not text`,
    withSubject(async (subject) => {
      const provider = subject.open();
      const [option] = provider.options;
      const wrong: unknown[] = [{ unknown: "x" }, { [option?.name ?? ""]: 5 }, { __proto: "x" }];
      for (const options of wrong) {
        await assertRejects(provider.create(options as KeyOptions), "INVALID_INPUT");
      }
      await provider.create({ ...subject.options, unknown: undefined });
    }),
  );

  test(
    `${name} refuses a next key that has not 32 bytes`,
    withSubject(async (subject) => {
      const provider = subject.open();
      const { settings } = await provider.create(subject.options);
      for (const length of [0, 31, 33]) {
        const newKey = new Uint8Array(length).fill(7);
        await assert.rejects(provider.next(settings, { newKey }), (error: Error) => {
          return error instanceof RangeError || "code" in error && error.code === "INVALID_INPUT";
        });
      }
      assert.equal(await provider.loadStaged(settings), undefined);
    }),
  );

  test(
    `${name} loads the same key from its settings in a new process`,
    withSubject(async (subject) => {
      const { kek, settings } = await subject.open().create(subject.options);
      const stored = JSON.parse(JSON.stringify(settings));
      const loaded = await subject.open().load(stored);
      assert.deepEqual(loaded, kek);
      loaded.fill(0);
      assert.deepEqual(await subject.open().load(stored), kek, "what a caller wipes is a copy");
    }),
  );

  test(
    `${name} thinks of the next key without changing anything`,
    withSubject(async (subject) => {
      const provider = subject.open();
      const { kek, settings } = await provider.create(subject.options);
      const next = await provider.next(settings, subject.request ?? {});
      assert.equal(next.kek.length, 32);
      assert.notDeepEqual(next.kek, kek);
      assertHolds(JSON.stringify(next.settings), next.kek, false);
      assert.deepEqual(await provider.load(settings), kek);
      assert.equal(await provider.loadStaged(settings), undefined);
    }),
  );

  test(
    `${name} gives the present key until a staged one is committed`,
    withSubject(async (subject) => {
      const provider = subject.open();
      const { kek, settings } = await provider.create(subject.options);
      const next = await provider.next(settings, subject.request ?? {});
      const before = next.kek.slice();
      await provider.stage(next.settings, next.kek);
      assert.deepEqual(next.kek, before, "the caller's key is left alone");
      assert.deepEqual(await subject.open().load(settings), kek);
      await provider.discard(next.settings);
      assert.deepEqual(await subject.open().load(settings), kek);
    }),
  );

  test(
    `${name} commits and discards nothing when nothing is staged`,
    withSubject(async (subject) => {
      const { kek, settings } = await subject.open().create(subject.options);
      await subject.open().commit(settings);
      await subject.open().discard(settings);
      assert.deepEqual(await subject.open().load(settings), kek);
    }),
  );

  test(
    `${name} refuses settings that are damaged, by a rejection`,
    withSubject(async (subject) => {
      const { settings } = await subject.open().create(subject.options);
      for (const key of Object.keys(settings)) {
        for (const wrong of [undefined, 7, "", null]) {
          const damaged = { ...settings, [key]: wrong } as ProviderSettings;
          await assertRejects(subject.open().load(damaged), "INTEGRITY");
        }
      }
    }),
  );
}

/** Texts that are no key, and what is said of each. */
export const notKeys: readonly (readonly [text: string, problem: RegExp])[] = [
  ["", /is empty/],
  ["not-a-key-but-a-secret!", /is not base64/],
  [Buffer.alloc(31, 0xa5).toString("base64"), /holds 31 bytes/],
  [Buffer.alloc(33, 0xa5).toString("base64"), /holds 33 bytes/],
];

function keptKey(name: string, withSubject: WithSubject): void {
  const living = Buffer.alloc(32, 0xfb);

  test(
    `${name} adopts a living key and leaves it as it is`,
    withSubject(async (subject) => {
      await subject.put?.(living.toString("base64"));
      const created = await subject.open().create(subject.options);
      assert.equal(created.adopted, true);
      assert.deepEqual(Buffer.from(created.kek), living);
      assert.deepEqual(Buffer.from(await subject.open().load(created.settings)), living);
    }),
  );

  test(
    `${name} reads both alphabets of base64, padded or not`,
    withSubject(async (subject) => {
      const { settings } = await subject.open().create(subject.options);
      const padded = living.toString("base64");
      const url = living.toString("base64url");
      for (const text of [padded, padded.replace("=", ""), url, `${url}=`]) {
        await subject.put?.(text);
        assert.deepEqual(Buffer.from(await subject.open().load(settings)), living);
      }
    }),
  );

  test(
    `${name} says that a key is missing, and what to do`,
    withSubject(async (subject) => {
      const { settings } = await subject.open().create(subject.options);
      await subject.put?.(undefined);
      const error = await assertRejects(subject.open().load(settings), "KEY_MISSING");
      assert.notEqual(error.hints.length, 0);
    }),
  );

  test(
    `${name} names what is wrong with a text that is no key, and never echoes it`,
    withSubject(async (subject) => {
      const { settings } = await subject.open().create(subject.options);
      for (const [text, problem] of notKeys) {
        await subject.put?.(text);
        const error = await assertRejects(subject.open().load(settings), "KEY_UNUSABLE");
        assert.match(error.problem, problem);
        assertSilentOn(error, text);
      }
    }),
  );

  test(
    `${name} creates no key over something that is not a key`,
    withSubject(async (subject) => {
      const { settings } = await subject.open().create(subject.options);
      for (const [text, problem] of notKeys) {
        await subject.put?.(text);
        const error = await assertRejects(subject.open().create(subject.options), "KEY_UNUSABLE");
        assertSilentOn(error, text);
        const after = await assertRejects(subject.open().load(settings), "KEY_UNUSABLE");
        assert.match(after.problem, problem);
      }
    }),
  );
}
