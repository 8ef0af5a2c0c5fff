/**
 * Fills in what a release's installer and Homebrew formula have to know: where its files are and their sums.
 *
 *     deno run -A scripts/fill_packaging.ts --dir dist --url https://…/releases/download/v1.0.0 --homepage https://…
 *
 * Reads `SHA256SUMS` in the directory, and writes `install.sh` and `aivault.rb` beside it.
 *
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { VERSION } from "../lib/version.ts";
import { ROOT } from "./source_tree.ts";

/** What is put in place of `@NAME@`, and sums by the name of the file. */
export interface Filling {
  readonly version: string;
  readonly releaseUrl: string;
  readonly homepage: string;
  /** The text of `SHA256SUMS`. */
  readonly sums: string;
}

/** Fills in a template. Throws if a sum is missing, or a place stays empty. */
export function fillTemplate(template: string, filling: Filling): string {
  const { version, releaseUrl, homepage, sums } = filling;
  const places: Readonly<Record<string, string>> = {
    VERSION: version,
    RELEASE_URL: releaseUrl,
    HOMEPAGE: homepage,
  };
  return template.replace(
    /@([A-Z0-9_]+)(?::([^@\s]+))?@/g,
    (place, name: string, file?: string) => {
      const value = name === "SHA256" ? sumOf(sums, file ?? "") : places[name];
      if (value === undefined) throw new Error(`nothing is known for ${place}`);
      return value;
    },
  );
}

function sumOf(sums: string, file: string): string | undefined {
  const line = sums.split("\n").find((each) => each.slice(66) === file);
  return line === undefined ? undefined : /^[0-9a-f]{64}/.exec(line)?.[0];
}

if (import.meta.main) {
  const { values: flags } = parseArgs({
    options: { dir: { type: "string" }, url: { type: "string" }, homepage: { type: "string" } },
  });
  const { dir, url, homepage } = flags;
  if (dir === undefined || url === undefined || homepage === undefined) {
    console.error("fill_packaging: --dir, --url and --homepage are needed");
    process.exit(2);
  }
  const sums = readFileSync(join(dir, "SHA256SUMS"), "utf8");
  for (const name of ["install.sh", "aivault.rb"]) {
    const template = readFileSync(join(ROOT, "packaging", name), "utf8");
    const filled = fillTemplate(template, { version: VERSION, releaseUrl: url, homepage, sums });
    writeFileSync(join(dir, name), filled, { mode: name.endsWith(".sh") ? 0o755 : 0o644 });
  }
}
