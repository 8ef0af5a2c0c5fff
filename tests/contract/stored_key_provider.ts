/**
 * What a key provider promises that stores its key itself: also when the process dies at any instant.
 *
 * @module
 */
import assert from "node:assert/strict";
import test from "node:test";
import type { KeyProvider } from "../../lib/vault/keys/key_provider.ts";
import type { ProviderSettings } from "../../lib/vault/vault_row.ts";
import { dyingAt, untilDeath, type When } from "./dying.ts";
import { assertRejects, type KeyProviderSubject, type WithSubject } from "./key_subject.ts";

/** Runs the suite. */
export function storedKeyContract(name: string, withSubject: WithSubject): void {
  rotation(name, withSubject);
  death(name, withSubject);
}

function rotation(name: string, withSubject: WithSubject): void {
  test(
    `${name} makes a key where there is none, and another one each time`,
    withSubject(async (subject) => {
      const first = await subject.open().create(subject.options);
      assert.equal(first.adopted, false);
      assert.equal((await subject.open().create(subject.options)).adopted, true);
      await subject.put?.(undefined);
      const second = await subject.open().create(subject.options);
      assert.equal(second.adopted, false);
      assert.notDeepEqual(second.kek, first.kek);
    }),
  );

  test(
    `${name} makes one key when asked twenty times at once`,
    withSubject(async (subject) => {
      const asked = Array.from({ length: 20 }, () => subject.open().create(subject.options));
      const created = await Promise.all(asked);
      assert.equal(created.filter(({ adopted }) => !adopted).length, 1);
      assert.equal(new Set(created.map(({ kek }) => kek.join())).size, 1);
    }),
  );

  test(
    `${name} takes the next key that is asked for, or makes one`,
    withSubject(async (subject) => {
      const provider = subject.open();
      const { settings } = await provider.create(subject.options);
      const newKey = new Uint8Array(32).fill(9);
      const asked = await provider.next(settings, { newKey });
      assert.deepEqual(asked.kek, newKey);
      assert.notEqual(asked.kek, newKey, "it is a copy");
      const [a, b] = [await provider.next(settings, {}), await provider.next(settings, {})];
      assert.notDeepEqual(a.kek, b.kek);
    }),
  );

  test(
    `${name} keeps a staged key beside the present one, the last one staged`,
    withSubject(async (subject) => {
      const { old, settings } = await created(subject);
      await subject.open().stage(settings, keyOf(1));
      await subject.open().stage(settings, keyOf(2));
      assert.deepEqual(await subject.open().loadStaged(settings), keyOf(2));
      assert.deepEqual(await subject.open().load(settings), old);
    }),
  );

  test(
    `${name} puts the staged key in the place of the present one, once`,
    withSubject(async (subject) => {
      const { settings } = await created(subject);
      await subject.open().stage(settings, keyOf(1));
      for (let times = 0; times < 2; times++) {
        await subject.open().commit(settings);
        assert.deepEqual(await subject.open().load(settings), keyOf(1));
        assert.equal(await subject.open().loadStaged(settings), undefined);
      }
    }),
  );

  test(
    `${name} commits a staged key where the present one is missing`,
    withSubject(async (subject) => {
      const { settings } = await created(subject);
      await subject.put?.(undefined);
      await subject.open().stage(settings, keyOf(1));
      await subject.open().commit(settings);
      assert.deepEqual(await subject.open().load(settings), keyOf(1));
    }),
  );

  test(
    `${name} discards the staged key, once`,
    withSubject(async (subject) => {
      const { old, settings } = await created(subject);
      await subject.open().stage(settings, keyOf(1));
      for (let times = 0; times < 2; times++) {
        await subject.open().discard(settings);
        assert.equal(await subject.open().loadStaged(settings), undefined);
        assert.deepEqual(await subject.open().load(settings), old);
      }
    }),
  );

  test(
    `${name} retires its key, once`,
    withSubject(async (subject) => {
      const { settings } = await created(subject);
      for (let times = 0; times < 2; times++) {
        await subject.open().retire(settings);
        await assertRejects(subject.open().load(settings), "KEY_MISSING");
      }
    }),
  );

  test(
    `${name} refuses damaged settings in every step, by a rejection`,
    withSubject(async (subject) => {
      const provider = subject.open();
      const damaged = { type: provider.type };
      const steps: readonly (() => Promise<unknown>)[] = [
        () => provider.stage(damaged, keyOf(1)),
        () => provider.loadStaged(damaged),
        () => provider.commit(damaged),
        () => provider.discard(damaged),
        () => provider.retire(damaged),
      ];
      for (const step of steps) await assertRejects(step(), "INTEGRITY");
    }),
  );
}

function death(name: string, withSubject: WithSubject): void {
  test(
    `${name} has one key or none when killed while creating, and creates again`,
    withSubject(async (subject) => {
      await atEveryEffect(subject, async (provider) => {
        await subject.put?.(undefined);
        let told: Uint8Array | undefined;
        await untilDeath(async () => {
          told = (await provider.create(subject.options)).kek;
        });
        const again = await subject.open().create(subject.options);
        if (told !== undefined) assert.deepEqual(again.kek, told);
        assert.deepEqual(await subject.open().load(again.settings), again.kek);
      });
    }),
  );

  test(
    `${name} loses no key when killed while staging and committing, and a second commit finishes`,
    withSubject(async (subject) => {
      const { settings } = await created(subject);
      let round = 0;
      await atEveryEffect(subject, async (provider) => {
        const old = await subject.open().load(settings);
        const next = keyOf(++round);
        let isStaged = false;
        await untilDeath(async () => {
          await provider.stage(settings, next);
          isStaged = true;
          await provider.commit(settings);
        });
        const [present, staged] = await keysOf(subject, settings);
        if (!isStaged) return await settleByDiscarding(subject, settings, old);
        assert.ok(
          same(present, next) || (same(present, old) && same(staged, next)),
          "a key is lost",
        );
        await subject.open().commit(settings);
        assert.deepEqual(await keysOf(subject, settings), [next, undefined]);
      });
    }),
  );

  test(
    `${name} keeps the present key when killed while staging and discarding, and a second discard finishes`,
    withSubject(async (subject) => {
      const { old, settings } = await created(subject);
      await atEveryEffect(subject, async (provider) => {
        await untilDeath(async () => {
          await provider.stage(settings, keyOf(1));
          await provider.discard(settings);
        });
        await settleByDiscarding(subject, settings, old);
      });
    }),
  );

  test(
    `${name} retires when asked again after it was killed`,
    withSubject(async (subject) => {
      await atEveryEffect(subject, async (provider) => {
        const { settings } = await created(subject);
        await untilDeath(() => provider.retire(settings));
        await subject.open().retire(settings);
        await assertRejects(subject.open().load(settings), "KEY_MISSING");
      });
    }),
  );
}

// Dies before and after the first effect, then the second, and so on until `body` outlives them all.
async function atEveryEffect(
  subject: KeyProviderSubject,
  body: (provider: KeyProvider) => Promise<void>,
): Promise<void> {
  const { through } = subject;
  assert.ok(through !== undefined);
  for (const when of ["before", "after"] satisfies When[]) {
    let n = 1;
    for (let isDead = true; isDead; n++) {
      const process = dyingAt(n, when);
      await body(through(process.effect));
      isDead = process.isDead();
      assert.ok(n < 100, "it never ends");
    }
    assert.ok(n > 2, "nothing passed through the effects");
  }
}

async function settleByDiscarding(
  subject: KeyProviderSubject,
  settings: ProviderSettings,
  old: Uint8Array,
): Promise<void> {
  assert.deepEqual(await subject.open().load(settings), old);
  await subject.open().discard(settings);
  assert.deepEqual(await keysOf(subject, settings), [old, undefined]);
}

async function created(subject: KeyProviderSubject) {
  const { kek, settings } = await subject.open().create(subject.options);
  return { old: kek, settings };
}

async function keysOf(subject: KeyProviderSubject, settings: ProviderSettings) {
  return [await subject.open().load(settings), await subject.open().loadStaged(settings)] as const;
}

function same(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a?.join() === b.join();
}

function keyOf(byte: number): Uint8Array {
  return new Uint8Array(32).fill(byte);
}
