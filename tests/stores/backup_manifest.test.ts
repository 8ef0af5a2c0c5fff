/** The manifest of a backup with an attacker's hand on it. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { assemble, assembleText, check, partsOf, withMade } from "../helpers/backups.ts";
import { KEK, OTHER_KEK } from "../helpers/vaults.ts";

test("an edit of any field of the manifest is refused, also with a hash that fits", async () => {
  await withMade(async (file, place, directory) => {
    const { manifest, database } = partsOf(await readFile(file));
    const edited = join(directory, "edited.bak");
    const proof = Buffer.from(manifest.proof, "base64");
    proof[30] = (proof[30] ?? 0) ^ 1;
    const database2 = Buffer.from(database);
    database2[database2.length - 1] = (database2.at(-1) ?? 0) ^ 1;
    const variants: [unknown, Uint8Array][] = [
      [{ ...manifest, vaultId: "2b1c7a52-6f0e-4d1c-9a3b-0c5d8e7f6a10" }, database],
      [{ ...manifest, kekId: "0".repeat(32) }, database],
      [{ ...manifest, createdAtMs: manifest.createdAtMs + 1 }, database],
      [{ ...manifest, secrets: manifest.secrets + 1 }, database],
      [{ ...manifest, events: manifest.events - 1 }, database],
      [{ ...manifest, head: manifest.head.replace(/.$/, "0") + "1" }, database],
      [{ ...manifest, size: manifest.size + 1 }, database],
      [{ ...manifest, proof: proof.toString("base64") }, database],
      [{ ...manifest, proof: "" }, database],
      [{ ...manifest, more: 1 }, database],
      [{}, database],
      [null, database],
      [{
        ...manifest,
        sha256: createHash("sha256").update(database2).digest("hex"),
      }, database2],
    ];
    for (const [forged, content] of variants) {
      await writeFile(edited, assemble(forged, content));
      await assert.rejects(
        place.withBackup(edited, "verify", check(KEK)),
        { code: "INTEGRITY" },
        JSON.stringify(forged),
      );
    }
    await writeFile(edited, assemble({ ...manifest, format: 2 }, database));
    await assert.rejects(place.withBackup(edited, "verify", check(KEK)), { code: "UNSUPPORTED" });
    await writeFile(edited, assemble(manifest, database));
    await place.withBackup(edited, "verify", check(KEK));
    await assert.rejects(place.withBackup(edited, "verify", check(OTHER_KEK)), {
      code: "WRONG_KEY",
    });
  });
});

test("a manifest that says the same in other words is refused", async () => {
  await withMade(async (file, place, directory) => {
    const { manifest, database } = partsOf(await readFile(file));
    const text = JSON.stringify(manifest);
    const reversed = Object.fromEntries(Object.entries(manifest).reverse());
    const variants = [
      ` ${text}`,
      `${text}\n`,
      `\ufeff${text}`,
      text.replace(":", ": "),
      text.replace('"format":1', '"format":2,"format":1'),
      text.replace('"format":1', '"format":1.0'),
      text.replace('"format"', '"\\u0066ormat"'),
      text.replace("{", '{"__proto__":1,'),
      text.replace("{", '{"constructor":1,'),
      JSON.stringify(reversed),
    ];
    // Base64 has two alphabets.
    if (/[+/]/.test(manifest.proof)) {
      const proof = manifest.proof.replaceAll("+", "-").replaceAll("/", "_");
      variants.push(text.replace(manifest.proof, () => proof));
    }
    const edited = join(directory, "edited.bak");
    for (const variant of variants) {
      assert.notEqual(variant, text);
      await writeFile(edited, assembleText(variant, database));
      const verified = place.withBackup(edited, "verify", check(KEK));
      await assert.rejects(verified, { code: "INTEGRITY" }, variant);
    }
  });
});

test("a backup of another vault of the same key is no backup of this one under its manifest", async () => {
  await withMade(async (one, place) => {
    await withMade(async (two, _, directory) => {
      const { manifest } = partsOf(await readFile(one));
      const { database } = partsOf(await readFile(two));
      const sha256 = createHash("sha256").update(database).digest("hex");
      const mixed = join(directory, "mixed.bak");
      await writeFile(mixed, assemble({ ...manifest, size: database.length, sha256 }, database));
      await assert.rejects(place.withBackup(mixed, "verify", check(KEK)), { code: "INTEGRITY" });
    });
  });
});
