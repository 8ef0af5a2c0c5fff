/**
 * Writes the worked examples into FORMAT.md, from the tamper kit, after a change of the format.
 *
 *     deno run -A scripts/tamper_kit.ts && deno run -A scripts/format_example.ts
 *
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { backupExample, exampleText, formatExample } from "../tests/helpers/format_example.ts";
import { ROOT } from "./source_tree.ts";
import { KEKS } from "./tamper/good_vaults.ts";
import { KIT } from "./tamper_kit.ts";

const page = join(ROOT, "FORMAT.md");
const raw = new DatabaseSync(":memory:");
raw.exec(readFileSync(join(ROOT, KIT, "good.sql"), "utf8"));
const [kek = new Uint8Array()] = KEKS;
const backup = new Uint8Array(readFileSync(join(ROOT, KIT, "good.bak")));
let text = readFileSync(page, "utf8");
for (const example of [formatExample(raw, kek), backupExample(backup, kek)]) {
  const [first = ""] = Object.keys(example);
  const block = new RegExp(`^\`\`\`text\\n${first}\\n[^]*?^\`\`\``, "m");
  text = text.replace(block, `\`\`\`text\n${exampleText(example)}\`\`\``);
}
writeFileSync(page, text);
