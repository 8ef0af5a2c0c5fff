/** vaultPaths(): where the vault is. */
import assert from "node:assert/strict";
import process from "node:process";
import test from "node:test";
import { vaultPaths } from "../../providers/host/paths.ts";

function withHome<T>(home: string, work: () => T): T {
  const before = process.env["HOME"];
  process.env["HOME"] = home;
  try {
    return work();
  } finally {
    if (before === undefined) delete process.env["HOME"];
    else process.env["HOME"] = before;
  }
}

test("vaultPaths() is below the home, with the key outside the vault's directory", () => {
  withHome("/home/me", () => {
    for (const unset of [undefined, "", " "]) {
      const { directory, keyFile, isDefault } = vaultPaths(unset);
      assert.deepEqual([directory, keyFile, isDefault], [
        "/home/me/.aivault/data/vault",
        "/home/me/.aivault/keys/kek.key",
        true,
      ]);
    }
  });
});

test("vaultPaths() puts everything into AIVAULT_DIR, which needs no home", () => {
  withHome("relative", () => {
    const { directory, keyFile, isDefault } = vaultPaths("/srv/vault");
    assert.deepEqual([directory, keyFile, isDefault], ["/srv/vault", "/srv/vault/kek.key", false]);
  });
});

test("vaultPaths() refuses a relative home: the vault would be another one in each directory", () => {
  withHome("relative", () => {
    assert.throws(() => vaultPaths(undefined), {
      code: "INVALID_INPUT",
      problem: "there is no home directory",
      hints: ["set HOME, or AIVAULT_DIR to the directory of the vault"],
    });
  });
});
