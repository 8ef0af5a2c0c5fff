/**
 * Runs commands under strace(1): sees their system calls, kills them at one, or makes one fail.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import process from "node:process";
import { type Ended, ended, type RunOptions, startCommand } from "../../helpers/program.ts";

/** The system calls by which a program changes files. */
const WRITING = [
  "write",
  "writev",
  "pwrite64",
  "pwritev",
  "pwritev2",
  "fsync",
  "fdatasync",
  "ftruncate",
  "fallocate",
  "copy_file_range",
  "open",
  "openat",
  "creat",
  "rename",
  "renameat",
  "renameat2",
  "link",
  "linkat",
  "unlink",
  "unlinkat",
  "mkdir",
  "mkdirat",
  "rmdir",
  "chmod",
  "fchmod",
  "fchmodat",
];

/** How strace parts a call that another thread's comes into. */
const UNFINISHED = " <unfinished ...>";
const RESUMED = /^<\.\.\. \w+ resumed>/;

/** A command that takes longer hangs: two minutes, for a machine that has much else to do. */
const HANGS_AFTER_MS = 120_000;

/** A system call of a traced command. */
export interface Call {
  /** Its name. */
  readonly name: string;
  /** How many calls of this name its thread had made with it: strace counts so. */
  readonly count: number;
  /** The files that it names, or whose descriptors it uses. */
  readonly paths: readonly string[];
  /** As strace prints it, in one piece where another thread's call came between its start and its end. */
  readonly text: string;
  /** Whether the command was killed in it, so that it may not have happened. */
  readonly isLast: boolean;
}

/** What happens at the `count`-th call of this name that some thread makes. */
export interface Injection {
  readonly name: string;
  readonly count: number;
  /** SIGKILL before the call happens, or an error in its place. */
  readonly what: "SIGKILL" | "EIO" | "ENOSPC";
  /** Whether every later call of that thread fails too. */
  readonly fromThenOn?: boolean;
}

/** Why there is no strace here; `false` if there is. */
export function noStrace(): string | false {
  const { status } = spawnSync("strace", ["-f", "-o", "/dev/null", "true"], { stdio: "ignore" });
  return status === 0 ? false : "needs Linux and strace(1) that may trace";
}

/** Runs `command` under strace, which writes to the file `log`. */
export async function traced(
  command: readonly string[],
  log: string,
  options: RunOptions,
  injection?: Injection,
): Promise<Ended & { readonly hangs: boolean }> {
  const trace = WRITING.map((name) => `?${name}`).join(",");
  const flags = ["-f", "-y", "-s", "0", "-o", log, "-e", `trace=${trace}`];
  if (injection !== undefined) flags.push("-e", injectionFlag(injection));
  const child = startCommand(["strace", ...flags, ...command], options);
  let hangs = false;
  const timer = setTimeout(() => {
    hangs = true;
    // The whole group: strace would leave the command behind.
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  }, HANGS_AFTER_MS);
  try {
    return { ...await ended(child), hangs };
  } finally {
    clearTimeout(timer);
  }
}

function injectionFlag({ name, count, what, fromThenOn = false }: Injection): string {
  const effect = what === "SIGKILL" ? "signal=SIGKILL" : `error=${what}`;
  return `inject=${name}:${effect}:when=${count}${fromThenOn ? "+" : ""}`;
}

/** The calls in `log` that change something below `directory`, in their order. */
export async function callsBelow(log: string, directory: string): Promise<Call[]> {
  return (await callsIn(log)).filter(({ name, text, paths }) =>
    (!/^open/.test(name) || text.includes("O_CREAT")) &&
    paths.some((path) => path.startsWith(directory))
  );
}

/** The calls in `log`, in the order in which they began. */
export async function callsIn(log: string): Promise<Call[]> {
  const lines = (await readFile(log, "utf8")).split("\n").map(parseLine);
  const ended = new Set<number>();
  const open = new Map<string, number>();
  const whole = new Map<number, string>();
  for (const [at, { thread, name, text, resumes }] of lines.entries()) {
    if (text.endsWith(UNFINISHED)) open.set(thread, at);
    else if (resumes) {
      const start = open.get(thread) ?? -1;
      whole.set(start, lines[start]?.text.replace(UNFINISHED, "") + text.replace(RESUMED, ""));
      // Without a result when the command was killed in it.
      if (!/ = \?$/.test(text)) ended.add(start);
    } else if (name !== "" && !/ = \?$/.test(text)) ended.add(at);
  }
  const counts = new Map<string, number>();
  const calls: Call[] = [];
  for (const [at, { thread, name, text: printed }] of lines.entries()) {
    if (name === "") continue;
    const text = whole.get(at) ?? printed;
    const count = (counts.get(`${thread} ${name}`) ?? 0) + 1;
    counts.set(`${thread} ${name}`, count);
    const paths = [...text.matchAll(/[<"](\/[^>"]*)[>"]/g)].map(([, path = ""]) => path);
    calls.push({ name, count, paths, text: `${name}${text}`, isLast: !ended.has(at) });
  }
  return calls;
}

/** `123 write(4</a>, ""..., 8) = 8`, or `123 <... write resumed>) = 8`. */
function parseLine(line: string) {
  const [, thread = "", name = "", text = ""] = /^(\d+) +(\w*)(.*)$/.exec(line) ?? [];
  return { thread, name: text.startsWith("(") ? name : "", text, resumes: RESUMED.test(text) };
}
