/**
 * Checks that the manifests and lock files say the same about names, versions, entry points
 * and dependencies, and that every version is exact.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Finding, lineAt, report, ROOT } from "./source_tree.ts";

/** The members of deno.json, package.json, their locks and core.deno.json that are compared. */
interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly license?: string;
  readonly exports?: Readonly<Record<string, string>>;
  readonly imports?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly packages?: Readonly<Record<string, { readonly version?: string }>>;
  readonly specifiers?: Readonly<Record<string, string>>;
}

/** The manifests by their paths. */
const FILES = [
  "deno.json",
  "core.deno.json",
  "deno.lock",
  "package.json",
  "package-lock.json",
  "tests/runtimes/package.json",
  "lib/version.ts",
] as const;

/** The text of each manifest. */
export type Manifests = Readonly<Record<(typeof FILES)[number], string>>;

/** Lists the disagreements. */
export function checkVersions(texts: Manifests): Finding[] {
  const parsed = new Map<string, Manifest>(
    FILES.filter((file) => /json$|lock$/.test(file)).map((file) => [file, JSON.parse(texts[file])]),
  );
  const get = (file: (typeof FILES)[number]): Manifest => parsed.get(file) ?? {};
  const findings: Finding[] = [];
  const expect = (file: (typeof FILES)[number], key: string, found: unknown, wanted: unknown) => {
    if (JSON.stringify(found) === JSON.stringify(wanted)) return;
    const line = lineAt(
      texts[file],
      Math.max(0, texts[file].search(new RegExp(`"${key}"|\\b${key} =`))),
    );
    const problem = `${key} is ${JSON.stringify(found)}, expected ${JSON.stringify(wanted)}`;
    findings.push({ file, line, problem });
  };

  const npm = get("package.json");
  const deno = get("deno.json");
  for (const key of ["name", "version", "license", "exports"] as const) {
    expect("deno.json", key, deno[key], npm[key]);
  }
  expect("package-lock.json", "version", get("package-lock.json").version, npm.version);
  const shown = texts["lib/version.ts"].match(/VERSION = "(.+)"/)?.[1];
  expect("lib/version.ts", "VERSION", shown, npm.version);

  const pinned = { ...npm.dependencies, ...npm.devDependencies };
  for (const [name, version] of Object.entries(pinned)) {
    const locked = get("package-lock.json").packages?.[`node_modules/${name}`]?.version;
    expect("package-lock.json", name, locked, version);
    const specifier = `npm:${name}@${version}`;
    expect("deno.lock", name, get("deno.lock").specifiers?.[specifier], version);
    // Deno ships the types of node: modules itself; editors read these.
    if (name !== "@types/node") expect("deno.json", name, deno.imports?.[name], specifier);
  }
  for (const name of Object.keys(deno.imports ?? {})) {
    if (pinned[name] === undefined) expect("package.json", name, undefined, deno.imports?.[name]);
  }
  for (const [name, specifier] of Object.entries(get("core.deno.json").imports ?? {})) {
    expect("core.deno.json", name, specifier, deno.imports?.[name]);
  }
  const runtimes = get("tests/runtimes/package.json").dependencies ?? {};
  const all = { "package.json": pinned, "tests/runtimes/package.json": runtimes } as const;
  for (const [file, dependencies] of Object.entries(all)) {
    for (const [name, version] of Object.entries(dependencies)) {
      const exact = version.match(/\d+\.\d+\.\d+/)?.[0] ?? "an exact version";
      expect(file as keyof typeof all, name, version, exact);
    }
  }
  return findings;
}

/** Reads the manifests below `root`. */
export function readManifests(root: string = ROOT): Manifests {
  return Object.fromEntries(
    FILES.map((file) => [file, readFileSync(join(root, file), "utf8")]),
  ) as Record<(typeof FILES)[number], string>;
}

if (import.meta.main) report(`versions in ${FILES.join(", ")}`, checkVersions(readManifests()));
