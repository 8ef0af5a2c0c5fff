/** The lock of one process at a time. */
import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { withInitLock } from "../../providers/host/init_lock.ts";
import { withDirectory } from "../helpers/program.ts";

test("withInitLock() runs many pieces of short work, one at a time, and leaves nothing", () =>
  withDirectory(async (directory) => {
    const path = join(directory, ".lock");
    let inside = 0;
    let done = 0;
    const work = async () => {
      assert.equal(++inside, 1);
      await new Promise((resolve) => setImmediate(resolve));
      inside--;
      done++;
    };
    const never = () => Promise.resolve(false);
    await Promise.all(Array.from({ length: 60 }, () => withInitLock(path, never, work)));
    assert.equal(done, 60);
    assert.deepEqual(await readdir(directory), []);
  }));
