/**
 * Tests that read as a terminal session: commands as a shell runs them, what they print, how they end.
 *
 * @module
 */
import assert from "node:assert/strict";
import { mkdir, realpath, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { type Ended, ended, programCommand, startCommand, withDirectory } from "./program.ts";

/** A directory with a home in it, and a shell that knows the command `aivault`. */
export interface Session {
  /** The session's own directory, where its commands run; `<dir>` in transcripts. */
  readonly directory: string;
  /** `HOME` of its commands. */
  readonly home: string;
  /** The environment of its commands. */
  readonly env: Readonly<Record<string, string>>;
  /** Runs one line of shell. */
  run(line: string, stdin?: string | Uint8Array): Promise<Ended>;
  /** Runs one line of shell that must succeed, and parses its standard output as one JSON document. */
  json(line: string): Promise<unknown>;
  /**
   * Runs every `$ ` line of a transcript and compares what it prints:
   *
   *     $ aivault secrets show B
   *     ! aivault: show secret "B": there is no such secret in scope global
   *     [4]
   *
   * Standard output comes first, then standard error after `! `, then an exit code other than 0. Ids,
   * times, digests and the session's directory are written `<id>`, `<time>`, `<hex>` and `<dir>`.
   */
  check(transcript: string): Promise<void>;
}

/** Runs `work` with a session of its own. */
export function withSession(
  work: (session: Session) => Promise<void>,
  env: Readonly<Record<string, string>> = {},
  program: readonly string[] = programCommand(),
): Promise<void> {
  return withDirectory(async (temporary) => {
    // The system's temporary directory may be a symbolic link.
    const directory = await realpath(temporary);
    await work(await openSession(directory, env, program));
  });
}

async function openSession(
  directory: string,
  given: Readonly<Record<string, string>>,
  program: readonly string[],
): Promise<Session> {
  const home = join(directory, "home");
  const bin = join(directory, "bin");
  await mkdir(home);
  await mkdir(bin);
  const words = program.map((word) => `'${word}'`).join(" ");
  await writeFile(join(bin, "aivault"), `#!/bin/sh\nexec ${words} "$@"\n`, { mode: 0o755 });
  const env: Record<string, string> = { HOME: home, PATH: `${bin}:${process.env["PATH"] ?? ""}` };
  for (const [name, value] of Object.entries(given)) env[name] = withDir(value, directory);

  const run = (line: string, stdin: string | Uint8Array = ""): Promise<Ended> => {
    const command = withDir(line, directory);
    return ended(startCommand(["sh", "-c", command], { cwd: directory, env, stdin }));
  };
  return {
    directory,
    home,
    env,
    run,
    async json(line) {
      const { exitCode, stdout, stderr } = await run(line);
      assert.equal(exitCode, 0, `${line}: ${stderr}`);
      return JSON.parse(stdout);
    },
    async check(transcript) {
      for (const { command, expected } of parse(transcript)) {
        const actual = render(await run(command), directory);
        assert.equal(`$ ${command}\n${actual}`, `$ ${command}\n${expected}`);
      }
    },
  };
}

function withDir(text: string, directory: string): string {
  return text.replaceAll("<dir>", directory);
}

function parse(transcript: string): { command: string; expected: string }[] {
  const lines = transcript.replace(/^\n/, "").split("\n");
  const indent = /^ */.exec(lines[0] ?? "")?.[0].length ?? 0;
  const text = lines.map((line) => line.slice(indent).trimEnd()).join("\n");
  return text.split(/^\$ /m).filter((block) => block.trim() !== "").map((block) => {
    const [command = "", ...expected] = block.split("\n");
    return { command, expected: expected.join("\n").trimEnd() };
  });
}

/** What a run printed and how it ended, as transcripts write it. */
export function render(run: Ended, directory: string): string {
  const lines = (text: string): string[] => text === "" ? [] : text.replace(/\n$/, "").split("\n");
  return [
    ...lines(run.stdout),
    ...lines(run.stderr).map((line) => `! ${line}`),
    ...(run.exitCode === 0 ? [] : [`[${run.exitCode ?? run.signal}]`]),
  ].map((line) => normalise(line, directory).trimEnd()).join("\n");
}

function normalise(line: string, directory: string): string {
  return line.replaceAll(directory, "<dir>")
    .replace(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, "<id>")
    .replace(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, "<time>")
    .replace(/\b([0-9a-f]{64}|[0-9a-f]{32})\b/g, "<hex>");
}
