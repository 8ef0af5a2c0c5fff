/**
 * The licences of the packages that are built into the program: each asks to be included in every copy of it.
 *
 * @module
 */
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Where what is built keeps them. */
export const LICENSES_FILE = "THIRD_PARTY_LICENSES";

/**
 * The licences of all packages in `modules`, a directory `node_modules`, as one text; `undefined` if there are none.
 *
 * @throws {Error} if a package has none.
 */
export function licensesOf(modules: string): string | undefined {
  if (!existsSync(modules)) return undefined;
  const manifests = globSync(["*/package.json", "@*/*/package.json"], { cwd: modules }).sort();
  const parts = manifests.map((manifest) => {
    const { name, version } = JSON.parse(readFileSync(join(modules, manifest), "utf8"));
    const directory = join(modules, dirname(manifest));
    const [license] = globSync("LICEN[CS]E{,.md,.txt}", { cwd: directory });
    if (license === undefined) throw new Error(`${name} has no file with its licence`);
    return `${name} ${version}\n\n${readFileSync(join(directory, license), "utf8").trim()}\n`;
  });
  return parts.length === 0 ? undefined : parts.join(`\n${"-".repeat(80)}\n\n`);
}
