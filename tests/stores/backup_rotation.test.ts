/**
 * A backup of a vault whose rotation had taken place, and whose new key could not be put in its place: the staged one
 * is the only copy of it.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import { prepareRestore } from "../../lib/vault/backup.ts";
import { VaultError } from "../../lib/errors.ts";
import type { KeyProvider } from "../../lib/vault/keys/key_provider.ts";
import { providedKey } from "../../lib/vault/keys/key_source.ts";
import { readRow } from "../../lib/vault/read_row.ts";
import { Vault } from "../../lib/vault/vault.ts";
import { backupPlace } from "../../providers/stores/backup_place.ts";
import { forgetful, type KeptKeys } from "../helpers/forgetful.ts";
import { withDirectory } from "../helpers/program.ts";
import { makeRecoveryKey } from "../helpers/recovery.ts";
import { sqliteStore, utf8 } from "../helpers/vaults.ts";

const SETTINGS = { type: "forgetful" };
const SELF = { actor: "test", now: () => 1 };

/** Makes a vault whose present key is staged, restores a backup of it in its place, and opens that. */
async function restored(
  then: (place: KeptKeys) => Promise<void>,
  check: (place: KeptKeys, rotation: unknown) => Promise<void>,
  isRecovering = false,
): Promise<void> {
  await withDirectory(async (directory) => {
    const place: KeptKeys = {};
    const provider = forgetful(place);
    const refuse = async () => {
      throw new VaultError("KEY_UNAVAILABLE", "put the key there", "the place cannot be reached");
    };
    const providers = (commit = provider.commit): Map<string, KeyProvider> =>
      new Map([["forgetful", { ...provider, commit }]]);
    const key = await provider.create({});
    const store = await sqliteStore(directory);
    const vault = await Vault.init({ store, key, providers: providers(refuse) });
    await vault.create({ name: "A", value: utf8("a") });
    const recoveryKey = await makeRecoveryKey(vault);
    const next = await provider.next(SETTINGS, {});
    await assert.rejects(vault.rotateMaster(next), { code: "KEY_UNAVAILABLE" });
    if (isRecovering) {
      const dies = Vault.recover({
        store,
        providers: providers(refuse),
        recoveryKey,
        next: () => provider.next(SETTINGS, {}),
        onStep: () => assert.fail("it died"),
      });
      await assert.rejects(dies, { message: "it died" });
    }
    const backups = backupPlace({
      database: join(directory, "vault.db"),
      whileInitialising: (_, work) => work(),
    });
    const file = join(directory, "backup");
    await vault.createBackup(backups.target(file));
    await vault.close();
    await then(place);
    await backups.withBackup(file, "restore", async (backup) => {
      await prepareRestore(backup, () => Promise.resolve(providedKey(providers())), SELF);
      await backups.install(backup, true);
    });
    const opened = await Vault.open({
      store: await sqliteStore(directory),
      providers: providers(),
    });
    await opened.use("A", {}, (value) => assert.deepEqual(value, utf8("a")));
    await opened.close();
    const looked = await sqliteStore(directory);
    const { rotation } = await readRow(looked);
    await looked.close();
    await check(place, rotation);
  });
}

for (const isRecovering of [false, true]) {
  const after = isRecovering ? ", also if a recovery was begun before the backup" : "";
  test(`a restored vault whose key is staged finds it, and puts it in its place${after}`, async () => {
    let staged: Uint8Array | undefined;
    await restored(
      async (place) => void (staged = place.staged),
      async (place, rotation) => {
        assert.deepEqual(place, { key: staged, staged: undefined });
        assert.equal(rotation, null);
      },
      isRecovering,
    );
  });
}

test("a restored vault leaves a key alone that another rotation has staged meanwhile", async () => {
  const another = new Uint8Array(32).fill(7);
  let present: Uint8Array | undefined;
  await restored(
    async (place) => {
      present = place.staged;
      Object.assign(place, { key: present, staged: another });
    },
    async (place, rotation) => {
      assert.deepEqual(place, { key: present, staged: another });
      assert.equal(rotation, null);
    },
  );
});
