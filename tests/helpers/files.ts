/**
 * What is in a directory: which files, with which modes, with which content.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { lstat, readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";

/** Every file and directory below `directory`, such as `700 data/` and `600 data/vault.db`, sorted. */
export async function listFiles(directory: string): Promise<string[]> {
  const lines: string[] = [];
  for (const path of await walk(directory)) {
    const { mode, isDirectory } = await look(join(directory, path));
    lines.push(`${(mode & 0o777).toString(8).padStart(3, "0")} ${path}${isDirectory ? "/" : ""}`);
  }
  return lines;
}

/** Every file and directory below `directory` with its mode and its whole content. */
export async function snapshot(directory: string): Promise<Record<string, string>> {
  const content: Record<string, string> = {};
  for (const path of await walk(directory)) {
    const { mode, isDirectory, isLink } = await look(join(directory, path));
    const text = isDirectory
      ? "directory"
      : isLink
      ? `link to ${await readlink(join(directory, path))}`
      : (await readFile(join(directory, path))).toString("base64");
    content[path] = `${mode.toString(8)} ${text}`;
  }
  return content;
}

/** Every file below `directory` that holds `needle`. */
export async function filesWith(directory: string, needle: string | Uint8Array): Promise<string[]> {
  const found: string[] = [];
  for (const path of await walk(directory)) {
    const { isDirectory, isLink } = await look(join(directory, path));
    if (isDirectory || isLink) continue;
    if ((await readFile(join(directory, path))).includes(Buffer.from(needle))) found.push(path);
  }
  return found;
}

async function walk(directory: string): Promise<string[]> {
  const paths: string[] = [];
  for (const name of (await readdir(directory)).sort()) {
    paths.push(name);
    if (!(await look(join(directory, name))).isDirectory) continue;
    for (const below of await walk(join(directory, name))) paths.push(`${name}/${below}`);
  }
  return paths.sort();
}

async function look(path: string) {
  const found = await lstat(path);
  return { mode: found.mode, isDirectory: found.isDirectory(), isLink: found.isSymbolicLink() };
}
