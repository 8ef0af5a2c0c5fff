/** textWidth(), and the tables that it aligns. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { textWidth } from "../../lib/cli/text_width.ts";
import { withDirectory } from "../helpers/program.ts";
import { withSession } from "../helpers/session.ts";

const WIDTHS: readonly [text: string, width: number][] = [
  ["", 0],
  ["plain ~", 7],
  ["clé", 3],
  ["cle\u0301", 3],
  ["ключ", 4],
  ["鍵", 2],
  ["かぎ", 4],
  ["か\u3099き", 4],
  ["열쇠", 4],
  ["\u1112\u1161\u11ab", 2],
  ["Ａ１", 4],
  ["ｶｷﾞ", 3],
  ["𠮷", 2],
  ["🔑", 2],
  ["👍🏽", 2],
  ["👩‍👩‍👧", 2],
  ["🇩🇪", 2],
  ["♥", 1],
  ["♥\ufe0f", 2],
  ["1\ufe0f\u20e3", 2],
  ["a\u200db\u2060", 2],
  ["देव", 2],
];

test("textWidth() counts two columns for wide characters and emoji, and none for marks", () => {
  for (const [text, width] of WIDTHS) assert.equal(textWidth(text), width, JSON.stringify(text));
});

/** The widths of single characters by the C library, which counts an unassigned one as 0. */
function widthsByWc(directory: string, characters: readonly string[]): number[] {
  for (const [i, text] of characters.entries()) writeFileSync(join(directory, `${i}`), text);
  const names = characters.map((_, i) => `${i}`);
  const env = { LC_ALL: "C.UTF-8", PATH: "/usr/bin:/bin" };
  const { stdout } = spawnSync("wc", ["-L", ...names], { cwd: directory, env, encoding: "utf8" });
  return `${stdout ?? ""}`.split("\n").slice(0, names.length).map((line) => parseInt(line, 10));
}

function findNoWidths(): string | false {
  const directory = mkdtempSync(join(tmpdir(), "aivault-test-"));
  try {
    const knows = widthsByWc(directory, ["鍵", "a", "\u0301"]).join() === "2,1,0";
    return knows ? false : "no wc(1) here that knows the width of characters";
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const skip = findNoWidths();
if (skip !== false) console.warn(`skipped: ${skip}`);

test("textWidth() agrees with the C library on characters of all scripts", { skip }, async () => {
  const characters: string[] = [];
  for (let point = 0x20; point < 0x40000; point += 53) {
    const text = String.fromCodePoint(point);
    // Emoji are as wide as the terminal's age; the others have no width, or an ambiguous one.
    const isClear = /(?![\p{Emoji_Presentation}\p{Cf}])[\p{L}\p{M}\p{N}\p{P}\p{S}\p{Zs}]/u;
    if (isClear.test(text) && !/[\u3164\u3248-\u324f\uffa0]/u.test(text)) characters.push(text);
  }
  const widths = await withDirectory((directory) =>
    Promise.resolve(widthsByWc(directory, characters))
  );
  const differ = characters.filter((text, i) => widths[i] !== 0 && widths[i] !== textWidth(text));
  assert.deepEqual(differ, []);
  assert.ok(widths.filter((width) => width > 0).length > 2_000);
});

test(
  "secrets list keeps its columns below each other whatever the names are",
  { timeout: 120_000 },
  () =>
    withSession(async ({ run }) => {
      const names = ["PLAIN", "鍵鍵", "cle\u0301", "👩‍👩‍👧 k"];
      await run(
        "aivault secrets import --entry-file -",
        names.map((name) => `${name}=v\n`).join(""),
      );
      const { stdout } = await run("aivault secrets list");
      const lines = stdout.trimEnd().split("\n");
      assert.equal(lines.length, 5);
      const columns = lines.map((line) => textWidth(/^.*?(?=SCOPE|global)/.exec(line)?.[0] ?? ""));
      assert.deepEqual(new Set(columns), new Set(["PLAIN  ".length]));
      assert.ok(stdout.includes("\n鍵鍵   global"));
      assert.ok(stdout.includes("\nclé    global"));
    }),
);
