/**
 * Writes the tamper kit, `tests/vectors/tamper/`: small vaults in the format of FORMAT.md, good ones as SQL, and what
 * was done to them with what a reader has to say then, the same text every time; and a backup of one.
 *
 *     deno run -A scripts/tamper_kit.ts
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./source_tree.ts";
import { eventCases } from "./tamper/event_cases.ts";
import { goodBackup } from "./tamper/good_backup.ts";
import { type GoodVault, goodVaults, PASSPHRASE } from "./tamper/good_vaults.ts";
import { secretCases } from "./tamper/secret_cases.ts";
import { pastCases, vaultCases } from "./tamper/vault_cases.ts";

/** Where the kit is, below the root. */
export const KIT = "tests/vectors/tamper";

/** What the secrets of the good vaults hold, and where each may be used. */
const VALUES: Readonly<Record<string, readonly object[]>> = {
  good: [
    { name: "OPENAI_API_KEY", context: {}, value: "sk-example" },
    { name: "OPENAI_API_KEY", context: { workspaceId: "W", groupId: "G" }, value: "sk-example" },
    { name: "TOKEN", context: { workspaceId: "W" }, value: "t-2" },
  ],
  rotated: [{ name: "TOKEN", context: {}, value: "t-2" }],
  pruned: [{ name: "TOKEN", context: {}, value: "t-2" }],
  passphrase: [{ name: "TOKEN", context: {}, value: "t-1" }],
};

/** Every text of the kit, by the name of its file. */
export async function tamperKit(): Promise<Record<string, string>> {
  return textsOf(await goodVaults());
}

function textsOf(vaults: Record<string, GoodVault>): Record<string, string> {
  const files: Record<string, string> = {};
  for (const [name, { sql }] of Object.entries(vaults)) files[`${name}.sql`] = sql;
  const manifest = {
    about:
      "Vaults in the format of FORMAT.md. Each good one is SQL text; each case runs its statements on a copy of one, with foreign keys off. Keys here are public: use them for nothing else.",
    good: Object.fromEntries(
      Object.entries(vaults).map(([name, vault]) => [name, describe(name, vault)]),
    ),
    cases: {
      ...eventCases(vaults),
      ...secretCases(vaults),
      ...vaultCases(),
      ...pastCases(vaults),
    },
  };
  files["manifest.json"] = `${JSON.stringify(manifest, null, 2)}\n`;
  return files;
}

function describe(name: string, { kek, head }: GoodVault): object {
  const passphrase = name === "passphrase" ? { passphrase: PASSPHRASE } : {};
  return { kek: Buffer.from(kek).toString("hex"), ...passphrase, head, uses: VALUES[name] ?? [] };
}

if (import.meta.main) {
  const vaults = await goodVaults();
  for (const [name, text] of Object.entries(textsOf(vaults))) {
    writeFileSync(join(ROOT, KIT, name), text);
  }
  const { good } = vaults;
  if (good !== undefined) writeFileSync(join(ROOT, KIT, "good.bak"), await goodBackup(good));
}
