/**
 * What every handle of a KEK promises, as tests. `Vault` cannot tell one from another.
 *
 * @module
 */
import assert from "node:assert/strict";
import test from "node:test";
import { open, seal } from "../../lib/crypto/aead.ts";
import { randomBytes } from "../../lib/crypto/bytes.ts";
import { type KekHandle, kekIdOf } from "../../lib/vault/keys/kek.ts";
import { KEK, OTHER_KEK, utf8 } from "../helpers/vaults.ts";

/** The handle under test. */
export interface KekHandleSubject {
  /** A handle of {@linkcode KEK} in the vault `vaultId`. */
  readonly handle: KekHandle;
  readonly vaultId: string;
  /** Removes what is left. */
  dispose?(): Promise<void> | void;
}

/** Runs the suite. */
export function kekHandleContract(name: string, setup: () => Promise<KekHandleSubject>): void {
  const check = (behaviour: string, body: (subject: KekHandleSubject) => Promise<void>) =>
    test(`${name} ${behaviour}`, async () => {
      const subject = await setup();
      try {
        await body(subject);
      } finally {
        await subject.dispose?.();
      }
    });

  check("names the key by its kekId, which does not hold it", ({ handle, vaultId }) => {
    assert.equal(handle.kekId, kekIdOf(KEK, vaultId));
    assert.ok(!JSON.stringify(handle).includes("5a5a"));
    return Promise.resolve();
  });

  check("wraps what the key itself opens, and opens what it seals", async ({ handle }) => {
    const dek = randomBytes(32);
    const context = utf8("context");
    const wrapped = await handle.wrap(dek, context);
    assert.deepEqual(open(KEK, wrapped, context), dek);
    assert.notDeepEqual(await handle.wrap(dek, context), wrapped, "a nonce is never used twice");
    assert.deepEqual(await handle.unwrap(seal(KEK, dek, context), context), dek);
  });

  check("leaves what it is given as it is, and hands out copies", async ({ handle }) => {
    const [dek, context] = [randomBytes(32), utf8("context")];
    const before = [dek.slice(), context.slice()];
    const wrapped = await handle.wrap(dek, context);
    const kept = wrapped.slice();
    const first = await handle.unwrap(wrapped, context);
    assert.deepEqual([dek, context, wrapped], [...before, kept]);
    first.fill(0);
    assert.deepEqual(await handle.unwrap(wrapped, context), dek);
  });

  check("unwraps nothing that differs in a byte, a context or a key", async ({ handle }) => {
    const [dek, context] = [randomBytes(32), utf8("context")];
    const wrapped = await handle.wrap(dek, context);
    const refused = async (bytes: Uint8Array, about: Uint8Array) =>
      await assert.rejects(handle.unwrap(bytes, about), { code: "INTEGRITY" });
    for (const at of [0, 23, 24, 55, 56, 71]) {
      await refused(wrapped.with(at, (wrapped[at] ?? 0) ^ 1), context);
    }
    await refused(wrapped, utf8("contexu"));
    await refused(seal(OTHER_KEK, dek, context), context);
    for (const length of [0, 1, 39, 71]) await refused(wrapped.slice(0, length), context);
    assert.deepEqual(await handle.unwrap(wrapped, context), dek, "it still works");
  });

  check(
    "answers many questions that are asked at once, each with its own answer",
    async ({ handle }) => {
      const deks = Array.from({ length: 20 }, () => randomBytes(32));
      const wrapped = await Promise.all(deks.map((dek, i) => handle.wrap(dek, utf8(String(i)))));
      const opened = await Promise.all(
        wrapped.map((each, i) => handle.unwrap(each, utf8(String(i)))),
      );
      assert.deepEqual(opened, deks);
    },
  );

  check("wraps many keys anew in their order, and tells the damaged ones", async ({ handle }) => {
    const deks = Array.from({ length: 1_000 }, () => randomBytes(32));
    const batch = deks.map((dek, i) => ({
      wrapped: i % 7 === 3 ? seal(OTHER_KEK, dek, utf8(`f${i}`)) : seal(KEK, dek, utf8(`f${i}`)),
      from: utf8(`f${i}`),
      to: utf8(`t${i}`.padEnd(i % 5 === 0 ? 900 : 3)),
    }));
    const next = OTHER_KEK.slice();
    const rewrapper = await handle.rewrapper(next);
    next.fill(0);
    const rewrapped = await rewrapper.rewrap(batch);
    assert.equal(rewrapped.length, batch.length);
    for (const [i, each] of rewrapped.entries()) {
      if (i % 7 === 3) assert.equal(each, undefined);
      else assert.deepEqual(open(OTHER_KEK, each ?? utf8(""), batch[i]?.to ?? utf8("")), deks[i]);
    }
    assert.deepEqual(await rewrapper.rewrap([]), []);
    rewrapper.close();
    const [first] = batch;
    assert.ok(first);
    assert.deepEqual(await handle.unwrap(first.wrapped, first.from), deks[0], "its own key stays");
  });

  check("fails with LOCKED after close, as does a rewrapper after its own", async ({ handle }) => {
    const wrapped = seal(KEK, randomBytes(32), utf8("c"));
    const closed = await handle.rewrapper(OTHER_KEK);
    closed.close();
    const rewrap = { wrapped, from: utf8("c"), to: utf8("c") };
    await assert.rejects(closed.rewrap([rewrap]), { code: "LOCKED" });
    const open = await handle.rewrapper(OTHER_KEK);
    handle.close();
    const locked = { code: "LOCKED" };
    await assert.rejects(handle.wrap(randomBytes(32), utf8("c")), locked);
    await assert.rejects(handle.unwrap(wrapped, utf8("c")), locked);
    await assert.rejects(handle.rewrapper(OTHER_KEK), locked);
    await assert.rejects(open.rewrap([rewrap]), locked);
    handle.close();
  });
}
