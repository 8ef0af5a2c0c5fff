/**
 * Writes the worked example into FORMAT.md, from the tamper kit, after a change of the format.
 *
 *     deno run -A scripts/tamper_kit.ts && deno run -A scripts/format_example.ts
 *
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { exampleText, formatExample } from "../tests/helpers/format_example.ts";
import { ROOT } from "./source_tree.ts";
import { KEKS } from "./tamper/good_vaults.ts";
import { KIT } from "./tamper_kit.ts";

const page = join(ROOT, "FORMAT.md");
const raw = new DatabaseSync(":memory:");
raw.exec(readFileSync(join(ROOT, KIT, "good.sql"), "utf8"));
const [kek = new Uint8Array()] = KEKS;
const example = exampleText(formatExample(raw, kek));
const before = readFileSync(page, "utf8");
writeFileSync(page, before.replace(/^```text\nKEK\n[^]*?^```/m, `\`\`\`text\n${example}\`\`\``));
