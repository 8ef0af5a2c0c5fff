/**
 * The rows that a store hands over, fuzzed: the vault's own, and those of secrets.
 */
import fc from "fast-check";
import { MemoryStore } from "../../lib/vault/memory_store.ts";
import type { SecretRow } from "../../lib/vault/secrets/secret.ts";
import type { Store, StoredVault, StoreReader, StoreWriter } from "../../lib/vault/store.ts";
import { ATTACHED } from "../helpers/operations.ts";
import { initVault, utf8 } from "../helpers/vaults.ts";
import { anyValue, fuzz } from "./fuzz.ts";
import { useEverything } from "./use_everything.ts";

/** Fields to be put into a row, some of which are its own. */
function edits(names: readonly string[]): fc.Arbitrary<Record<string, unknown>> {
  return fc.dictionary(
    fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...names) }, fc.string()),
    anyValue,
    { minKeys: 1, maxKeys: 4 },
  );
}

interface Hands {
  vault?: (row: StoredVault) => StoredVault;
  secret?: (row: SecretRow) => SecretRow;
  sealedValue?: (value: Uint8Array) => Uint8Array;
}

/** `store`, whose rows pass through other hands. */
function through(store: Store, hands: Hands): Store {
  const { vault = same, secret = same, sealedValue = same } = hands;
  const handled = <R extends StoreReader>(reader: R): R =>
    new Proxy(reader, {
      get(target, method) {
        const member: unknown = Reflect.get(target, method);
        if (typeof member !== "function") return member;
        const bound = member.bind(target);
        switch (method) {
          case "vault":
            return async () => maybe(await bound(), vault);
          case "secret":
            return async (id: string) => maybe(await bound(id), secret);
          case "sealedValue":
            return async (id: string) => maybe(await bound(id), sealedValue);
          case "secrets":
            return async (...given: unknown[]) => (await bound(...given)).map(secret);
          default:
            return bound;
        }
      },
    });
  return {
    read: (work) => store.read((reader) => work(handled(reader))),
    write: (work, options) => store.write((writer: StoreWriter) => work(handled(writer)), options),
    close: () => store.close(),
  };
}

function same<T>(value: T): T {
  return value;
}

function maybe<T>(value: T | undefined, change: (value: T) => T): T | undefined {
  return value === undefined ? undefined : change(value);
}

async function storeOfTwo(): Promise<{ store: MemoryStore; ids: string[] }> {
  const store = new MemoryStore();
  const vault = await initVault({ store });
  const { id } = await vault.create({ name: "A", aliases: ["alias"], value: utf8("a") });
  const other = await vault.create({ name: "OPENAI_API_KEY", value: utf8("b") });
  await vault.attachGroup("A", ATTACHED);
  return { store, ids: [id, other.id] };
}

const sample = await storeOfTwo();
const names = await sample.store.read(async (reader) => ({
  vault: Object.keys(await reader.vault() ?? {}),
  secret: Object.keys((await reader.secrets(undefined, 1))[0] ?? {}),
}));

fuzz("a vault whose own row was edited", edits(names.vault), 150, async (edit) => {
  const { store, ids } = await storeOfTwo();
  await useEverything(() => through(store, { vault: (row) => ({ ...row, ...edit }) }), ids);
});

fuzz("a vault whose secrets' rows were edited", edits(names.secret), 150, async (edit) => {
  const { store, ids } = await storeOfTwo();
  await useEverything(() => through(store, { secret: (row) => ({ ...row, ...edit }) }), ids);
});

const sealed = fc.uint8Array({ maxLength: 80 }).map((array) => new Uint8Array(array));
fuzz("a vault whose sealed values were replaced", sealed, 50, async (value) => {
  const { store, ids } = await storeOfTwo();
  await useEverything(() => through(store, { sealedValue: () => value }), ids);
});
