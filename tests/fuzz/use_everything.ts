/**
 * Everything that a vault can be asked for, on a store that anybody may have written.
 *
 * @module
 */
import type { Store } from "../../lib/vault/store.ts";
import { Vault } from "../../lib/vault/vault.ts";
import { collect, KEK, OTHER_KEK, utf8 } from "../helpers/vaults.ts";
import { outcome } from "./fuzz.ts";

const GROUP = { workspaceId: "W", groupId: "G" };

/** Opens the vault and tries every operation, on the secrets of these ids and on names; closes the store. */
export async function useEverything(
  open: () => Store | Promise<Store>,
  ids: readonly string[],
): Promise<void> {
  const store = await outcome(open);
  if (store instanceof Error) return;
  try {
    const vault = await outcome(() => Vault.open({ store, kek: KEK }));
    if (vault instanceof Error) return;
    await outcome(() => collect(vault.list()));
    await outcome(() => vault.info());
    await outcome(() => vault.audit());
    for (const ref of [...ids, "A", "alias"]) {
      await outcome(() => vault.show(ref));
      await outcome(() => vault.use(ref, {}, () => {}));
      await outcome(() => vault.use(ref, GROUP, () => {}));
      await outcome(() => vault.update(ref, { aliases: ["alias", "other"] }));
      await outcome(() => vault.attachGroup(ref, GROUP));
      await outcome(() => vault.rotate(ref, utf8("next")));
    }
    await outcome(() => vault.create({ name: "NEW", value: utf8("new") }));
    await outcome(() => vault.rotateMaster({ settings: { type: "caller" }, kek: OTHER_KEK }));
    for (const id of ids) await outcome(() => vault.delete(id));
  } finally {
    await store.close();
  }
}
