/**
 * Keychains of the stand-in: in this process, and behind a command.
 *
 * @module
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { shellWord } from "../../providers/host/shell_word.ts";
import { securityCommand, type SecurityRunner } from "../../providers/host/security_command.ts";
import {
  type FakeBehaviour,
  type FakeEntry,
  type FakeKeychain,
  fakeKeychain,
  fakeSecurity,
} from "./fake_security.ts";
import { scriptCommand } from "./helpers.ts";

/** A stand-in with its handles. */
export interface FakeSecurity {
  /** Runs it. */
  readonly run: SecurityRunner;
  /** What it keeps. */
  entries(): Promise<FakeEntry[]>;
  /** Changes what it keeps. */
  keep(entries: FakeEntry[]): Promise<void>;
  /** Changes how it behaves. */
  behave(behaviour: FakeBehaviour): Promise<void>;
  /** The arguments of every run. */
  argumentLists(): Promise<string[][]>;
}

/** The stand-in in this process, which is quick. */
export function fakeInProcess(keychain: FakeKeychain = fakeKeychain()): FakeSecurity {
  const log: string[][] = [];
  return {
    // async, so that a failure is always a rejection and never a throw.
    async run(args, stdin = new Uint8Array()) {
      log.push([...args]);
      const { exitCode, stdout, stderr } = fakeSecurity(keychain, args, stdin);
      stdin.fill(0);
      return { exitCode, stdout: new TextEncoder().encode(stdout), stderr };
    },
    entries: () => Promise.resolve(keychain.entries),
    keep: (entries) => Promise.resolve(void (keychain.entries = entries)),
    behave: (behaviour) => Promise.resolve(void (keychain.behaviour = behaviour)),
    argumentLists: () => Promise.resolve(log),
  };
}

/**
 * The stand-in in this process, on a Keychain in a file that each run replaces as a whole, so that it outlives the
 * process.
 */
export function fakeOnFile(path: string): SecurityRunner {
  return async (args, stdin = new Uint8Array()) => {
    const keychain = fakeKeychain();
    if (existsSync(path)) keychain.entries = JSON.parse(readFileSync(path, "utf8"));
    const { exitCode, stdout, stderr } = fakeSecurity(keychain, args, stdin);
    stdin.fill(0);
    const temporary = `${path}.${process.pid}`;
    writeFileSync(temporary, JSON.stringify(keychain.entries));
    renameSync(temporary, path);
    return { exitCode, stdout: new TextEncoder().encode(stdout), stderr };
  };
}

/** The stand-in as a command in `directory`, run as the real one is. */
export async function fakeCommand(directory: string): Promise<FakeSecurity> {
  const keychain = join(directory, "keychain.json");
  const behaviour = join(directory, "behaviour");
  const log = join(directory, "log");
  await writeFile(keychain, "[]");
  const path = await makeCommand(directory, [
    `export FAKE_SECURITY_KEYCHAIN=${shellWord(keychain)}`,
    `export FAKE_SECURITY_BEHAVIOUR=${shellWord(behaviour)}`,
    `export FAKE_SECURITY_LOG=${shellWord(log)}`,
    `exec ${scriptCommand("./fake_security_command.ts").map(shellWord).join(" ")} "$@"`,
  ]);
  return {
    run: securityCommand({ path }),
    entries: async () => JSON.parse(await readFile(keychain, "utf8")),
    keep: (entries) => writeFile(keychain, JSON.stringify(entries)),
    behave: (word) => writeFile(behaviour, word),
    argumentLists: async () =>
      (await readFile(log, "utf8")).trim().split("\n").map((line) => JSON.parse(line)),
  };
}

/** Makes a shell script of `lines` in `directory`; gives its path. */
export async function makeCommand(directory: string, lines: readonly string[]): Promise<string> {
  const path = join(directory, "security");
  await writeFile(path, ["#!/bin/sh", ...lines, ""].join("\n"));
  await chmod(path, 0o700);
  return path;
}
