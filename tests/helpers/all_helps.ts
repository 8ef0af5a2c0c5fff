/**
 * The help of every command, as the program prints it: which commands there are is asked of the program itself.
 *
 * @module
 */
import assert from "node:assert/strict";
import { aivault } from "./program.ts";

/** The names under `Commands:` in a help. */
export function commandsIn(help: string): string[] {
  const list = help.split("\nCommands:\n")[1]?.split("\n\n")[0] ?? "";
  return [...list.matchAll(/^ {2}([a-z-]+)/gm)].map(([, name]) => `${name}`);
}

/** Every command by its words, and its help. */
export type Helps = readonly (readonly [path: readonly string[], help: string])[];
let found: Promise<Helps> | undefined;

/** Every command with its help, groups too. */
export function allHelps(): Promise<Helps> {
  return found ??= helpsBelow([]);
}

async function helpsBelow(path: readonly string[]): Promise<Helps> {
  const { exitCode, stdout, stderr } = await aivault([...path, "--help"]);
  assert.deepEqual([exitCode, stderr], [0, ""], path.join(" "));
  const below = [];
  for (const name of commandsIn(stdout).filter((each) => path.length > 0 || each !== "help")) {
    below.push(...await helpsBelow([...path, name]));
  }
  return [[path, stdout], ...below];
}
