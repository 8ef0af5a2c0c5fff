/**
 * The init lock that somebody else may have left, fuzzed.
 */
import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { removeStaleInitLock, withInitLock } from "../../providers/host/init_lock.ts";
import { withDirectory } from "../helpers/program.ts";
import { anyValue, bytes, fuzz, outcome } from "./fuzz.ts";

const name = fc.oneof(
  fc.constantFrom("1", "2", "03", "1e3", "-1", "99999999999999999999", "NaN", " 4", "x", ".5"),
  fc.string({ unit: fc.constantFrom(..."0123456789abc.-"), minLength: 1, maxLength: 12 }),
).filter((text) => text !== "." && text !== "..");

const holder = fc.oneof(
  bytes(60),
  fc.record({ pid: anyValue, timeMs: anyValue }).map((each) =>
    new TextEncoder().encode(JSON.stringify(each))
  ),
);

const files = fc.dictionary(name, holder, { maxKeys: 4 });

fuzz("withInitLock()", files, 150, async (left) => {
  await withDirectory(async (directory) => {
    const path = join(directory, ".init-lock");
    await mkdir(path);
    for (const [each, content] of Object.entries(left)) await writeFile(join(path, each), content);
    await removeStaleInitLock(path);
    let looks = 0;
    // Whoever waits is told at once that there is nothing left to do.
    const isDone = () => Promise.resolve(looks++ > 0);
    const done = await outcome(() => withInitLock(path, isDone, () => Promise.resolve("done")));
    assert.ok(done === "done" || done === undefined, String(done));
  });
});
