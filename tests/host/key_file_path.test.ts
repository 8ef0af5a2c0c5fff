/** keyFilePath(), storedKeyFilePath(): what a vault's settings say of its key file. */
import assert from "node:assert/strict";
import test from "node:test";
import { keyFilePath, storedKeyFilePath } from "../../providers/host/key_file_path.ts";

const unknown = (): never => {
  throw new Error("no such user");
};
const inHome = { vaultDirectory: "/home/me/.aivault/data/vault", home: () => "/home/me" };
const defaultPath = "/home/me/.aivault/keys/kek.key";

test("storedKeyFilePath() writes the default place relative to the home, and keyFilePath() finds it in another", () => {
  const stored = storedKeyFilePath(inHome, defaultPath, defaultPath);
  assert.equal(stored, "~/.aivault/keys/kek.key");
  assert.equal(keyFilePath(inHome, stored), defaultPath);
  const moved = { vaultDirectory: "/elsewhere", home: () => "/mnt/you" };
  assert.equal(keyFilePath(moved, stored), "/mnt/you/.aivault/keys/kek.key");
});

test("storedKeyFilePath() keeps a path that somebody has named, in the home or not", () => {
  for (const path of ["/home/me/my.key", "/home/me/.aivault/keys/other.key", "/srv/kek.key"]) {
    assert.equal(storedKeyFilePath(inHome, path, defaultPath), path);
    assert.equal(keyFilePath({ ...inHome, home: () => "/mnt/you" }, path), path);
  }
});

test("storedKeyFilePath() keeps the default place if the home is not known, or is elsewhere", () => {
  for (const home of [unknown, () => "", () => "relative", () => "/home/you"]) {
    assert.equal(storedKeyFilePath({ ...inHome, home }, defaultPath, defaultPath), defaultPath);
  }
});

test("storedKeyFilePath() tells a directory named ~ in the vault's from the home", () => {
  const path = `${inHome.vaultDirectory}/~/kek.key`;
  for (const usual of [path, defaultPath]) {
    const stored = storedKeyFilePath(inHome, path, usual);
    assert.equal(stored, "./~/kek.key");
    assert.equal(keyFilePath(inHome, stored), path);
  }
});

test("keyFilePath() looks nowhere else if the home is not known, and says what to do", () => {
  for (const home of [unknown, () => "", () => "relative"]) {
    assert.throws(() => keyFilePath({ ...inHome, home }, "~/.aivault/keys/kek.key"), {
      code: "KEY_UNAVAILABLE",
      problem: "its file is ~/.aivault/keys/kek.key, and there is no home directory",
      hints: ["set HOME to the home directory of the vault's owner"],
    });
  }
});
