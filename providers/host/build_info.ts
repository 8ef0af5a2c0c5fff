/**
 * Which build of the program this is, and what runs it.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { type BuildInfo, COMMIT, VERSION } from "../../lib/version.ts";

/** Describes the running program. */
export async function buildInfo(): Promise<BuildInfo> {
  const { deno, bun, node, webkit, v8 = "unknown" } = process.versions;
  const runtime = deno !== undefined
    ? `deno ${deno}`
    : bun !== undefined
    ? `bun ${bun}`
    : `node ${node}`;
  const engine = bun === undefined ? `v8 ${v8}` : `javascriptcore ${webkit ?? "unknown"}`;
  return { version: VERSION, commit: COMMIT || await checkoutCommit(), runtime, engine };
}

async function checkoutCommit(): Promise<string> {
  const module = new URL("../..", import.meta.url);
  if (module.protocol !== "file:") return "unknown";
  return await readCommit(fileURLToPath(module)) ?? "unknown";
}

/**
 * Reads which commit is checked out at `root`, without the command `git`.
 *
 * @returns `undefined` if there is no checkout, or none that this understands.
 */
export async function readCommit(root: string): Promise<string | undefined> {
  try {
    const own = await gitDirectory(root);
    const head = await readLine(join(own, "HEAD"));
    if (!head.startsWith("ref: ")) return commitOf(head);
    const name = head.slice("ref: ".length);
    const shared = await readLine(join(own, "commondir")).then((path) => resolve(own, path))
      .catch(() => own);
    return commitOf(await readLine(join(shared, name)).catch(() => packedRef(shared, name)));
  } catch {
    return undefined;
  }
}

/** The directory `.git`, or in a linked worktree what the file of that name points to. */
async function gitDirectory(root: string): Promise<string> {
  const path = join(root, ".git");
  const link = await readLine(path).catch(() => undefined);
  return link?.startsWith("gitdir: ") ? resolve(root, link.slice("gitdir: ".length)) : path;
}

async function packedRef(directory: string, name: string): Promise<string> {
  const lines = (await readFile(join(directory, "packed-refs"), "utf8")).split("\n");
  return lines.find((line) => line.endsWith(` ${name}`))?.split(" ")[0] ?? "";
}

async function readLine(path: string): Promise<string> {
  return (await readFile(path, "utf8")).split("\n", 1)[0] ?? "";
}

function commitOf(text: string): string | undefined {
  return /^[0-9a-f]{40}([0-9a-f]{24})?$/.test(text) ? text : undefined;
}
