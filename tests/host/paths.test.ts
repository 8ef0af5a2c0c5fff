/** vaultPaths(): where the vault is. */
import assert from "node:assert/strict";
import test from "node:test";
import { vaultPaths } from "../../providers/host/paths.ts";

test("vaultPaths() is below the home, with the key outside the vault's directory", () => {
  for (const unset of [undefined, "", " "]) {
    const { directory, keyFile, isDefault } = vaultPaths(unset, () => "/home/me");
    assert.deepEqual([directory, keyFile, isDefault], [
      "/home/me/.aivault/data/vault",
      "/home/me/.aivault/keys/kek.key",
      true,
    ]);
  }
});

test("vaultPaths() puts everything into AIVAULT_DIR, which needs no home", () => {
  const { directory, keyFile, isDefault } = vaultPaths("/srv/vault", () => "");
  assert.deepEqual([directory, keyFile, isDefault], ["/srv/vault", "/srv/vault/kek.key", false]);
});

test("vaultPaths() refuses a relative home: the vault would be another one in each directory", () => {
  const unknown = (): never => {
    throw new Error("no such user");
  };
  for (const home of [() => "", () => "relative", unknown]) {
    assert.throws(() => vaultPaths(undefined, home), {
      code: "INVALID_INPUT",
      problem: "there is no home directory",
      hints: ["set HOME, or AIVAULT_DIR to the directory of the vault"],
    });
  }
});
