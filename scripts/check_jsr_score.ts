/**
 * Computes what JSR's score (https://jsr.io/docs/scoring) will be, as far as it can be known before a package is
 * published, and fails under full marks. What is set on the registry's page, and the provenance that a release adds,
 * cannot be.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { ROOT } from "./source_tree.ts";

/** What `deno doc --json` says of one symbol. */
interface DocSymbol {
  readonly name: string;
  readonly declarations: readonly { readonly jsDoc?: { readonly doc?: string } }[];
}

/** What `deno doc --json` says of one entry point. */
export interface DocModule {
  readonly module_doc?: { readonly doc?: string };
  readonly symbols: readonly DocSymbol[];
}

/** What the score is computed from. */
export interface ScoreInput {
  /** README.md, if it is published. */
  readonly readme: string | undefined;
  /** The entry points by their paths. */
  readonly modules: Readonly<Record<string, DocModule>>;
  /** What `deno publish --dry-run` objected to; empty if it was content. */
  readonly publishProblems: string;
}

/** One line of the score. */
export interface ScoreItem {
  readonly name: string;
  readonly points: number;
  readonly of: number;
  /** What is wanting. */
  readonly wanting: string;
}

/** The points that the registry alone can give: one each for a description, a runtime, a second one and provenance. */
export const SET_ELSEWHERE = 4;
/** As many points are 100 %. */
export const FULL_MARKS = 17;

/** Computes the items. */
export function scoreItems({ readme, modules, publishProblems }: ScoreInput): ScoreItem[] {
  const entries = Object.entries(modules);
  const main = entries[0]?.[1].module_doc?.doc ?? "";
  const undocumented = entries.filter(([, module]) => !module.module_doc?.doc).map(([path]) =>
    path
  );
  const symbols = entries.flatMap(([, module]) => module.symbols);
  const bare = symbols.filter(({ declarations }) => !declarations.some((each) => each.jsDoc?.doc));
  const documented = symbols.length === 0 ? 1 : 1 - bare.length / symbols.length;
  const item = (name: string, of: number, ok: boolean, wanting: string): ScoreItem => ({
    name,
    of,
    points: ok ? of : 0,
    wanting: ok ? "" : wanting,
  });
  return [
    item("readme or module doc", 2, Boolean(readme) || main !== "", "README.md is not published"),
    item("examples in it", 1, /^```/m.test(`${readme ?? ""}\n${main}`), "no code block"),
    item("module docs in every entry point", 1, undocumented.length === 0, undocumented.join(", ")),
    {
      name: `docs for symbols (${Math.floor(documented * 100)} % of ${symbols.length})`,
      of: 5,
      // JSR is content with 80 %; this house is not.
      points: bare.length === 0 ? 5 : Math.floor(documented * 4),
      wanting: bare.map(({ name }) => name).join(", "),
    },
    item(
      "no slow types, nothing that publish warns of",
      5,
      publishProblems === "",
      publishProblems,
    ),
  ];
}

function deno(...args: string[]): { ok: boolean; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: ROOT,
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1" },
    maxBuffer: 64 * 1024 * 1024,
  });
  return { ok: status === 0, stdout, stderr };
}

function readInput(): ScoreInput {
  const manifest = JSON.parse(readFileSync(join(ROOT, "deno.json"), "utf8"));
  const entries: string[] = Object.values(manifest.exports);
  const published: string[] = manifest.publish.include;
  const readme = join(ROOT, "README.md");
  const dryRun = deno("publish", "--dry-run", "--allow-dirty");
  const objection = dryRun.stderr.split("\n").filter((line) => /^(warning|error)\b/i.test(line));
  return {
    readme: published.includes("README.md") && existsSync(readme)
      ? readFileSync(readme, "utf8")
      : undefined,
    modules: JSON.parse(deno("doc", "--json", ...entries).stdout).nodes,
    publishProblems: dryRun.ok ? objection.join("; ") : dryRun.stderr,
  };
}

function main(): void {
  const items = scoreItems(readInput());
  for (const { name, points, of, wanting } of items) {
    console.log(`${points}/${of} ${name}${wanting === "" ? "" : `: ${wanting}`}`);
  }
  const sum = (key: "points" | "of") => items.reduce((total, item) => total + item[key], 0);
  const whole = sum("of") + SET_ELSEWHERE;
  console.log(
    `${sum("points")} of ${
      sum("of")
    } points; ${SET_ELSEWHERE} of ${whole} are given by the registry`,
  );
  if (sum("points") < sum("of")) process.exitCode = 1;
}

if (import.meta.main) main();
