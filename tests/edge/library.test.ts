/** The library as it is exported, from the first secret to a new master key, wherever it is loaded. */
import assert from "node:assert/strict";
import test from "node:test";
import { MemoryStore, Vault, VaultError } from "../../mod.ts";

const kek = (byte: number) => new Uint8Array(32).fill(byte);
const utf8 = (text: string) => new TextEncoder().encode(text);
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

test("mod.ts keeps secrets, lends them and changes keys with Web standards alone", async () => {
  const store = new MemoryStore();
  const vault = await Vault.init({ store, kek: kek(1) });
  const { id } = await vault.create({ name: "OPENAI_API_KEY", value: utf8("sk-1") });
  assert.equal(await vault.use(id, {}, text), "sk-1");
  await vault.rotate(id, utf8("sk-2"));
  await vault.rotateMaster({ settings: { type: "caller" }, kek: kek(2) });
  assert.equal(await vault.use("OPENAI_API_KEY", {}, text), "sk-2");
  await vault.close();
  await assert.rejects(Vault.open({ store, kek: kek(1) }), { code: "KEY_STALE" });
  const again = await Vault.open({ store, kek: kek(2) });
  assert.equal(await again.use("OPENAI_API_KEY", {}, text), "sk-2");
  const kinds = (await again.audit()).map(({ kind }) => kind);
  assert.ok(kinds.includes("secret.rotate") && kinds.includes("vault.rotate-master"));
  await again.delete(id);
  await assert.rejects(again.use(id, {}, text), (error) => error instanceof VaultError);
  await again.close();
});
