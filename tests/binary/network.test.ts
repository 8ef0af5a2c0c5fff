/**
 * The executable makes no connection: there is no permission that would keep Bun's from it, so its system calls are
 * watched.
 */
import { it } from "node:test";
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { useEverything, withLoneBinary } from "./lone_binary.ts";

const skip = spawnSync("strace", ["-qq", "true"]).status !== 0 && "there is no strace here";
const CALLS = "trace=socket,connect,bind,sendto,sendmsg";
/** Families that reach beyond this machine's own files. */
const INTERNET = /AF_INET|AF_PACKET|sin6?_addr/;

it(
  "the executable opens no socket that leads to a network",
  { skip, timeout: 300_000 },
  () =>
    withLoneBinary(async (binary) => {
      const log = join(binary.directory, "calls.txt");
      const prefix = ["strace", "-f", "-qq", "-A", "-e", CALLS, "-o", log];
      await useEverything(binary, { prefix });
      assert.doesNotMatch(await readFile(log, "utf8"), INTERNET);
    }),
);

it(
  "such a socket would be seen",
  { skip, timeout: 240_000 },
  () =>
    withLoneBinary(async (binary) => {
      const log = join(binary.directory, "calls.txt");
      const attempt = 'await fetch("http://127.0.0.1:9/").catch(() => {});';
      const prefix = [
        "strace",
        "-f",
        "-qq",
        "-e",
        CALLS,
        "-o",
        log,
        process.execPath,
        "-e",
        attempt,
      ];
      const { status } = spawnSync(prefix[0] ?? "", prefix.slice(1));
      assert.equal(status, 0);
      assert.match(await readFile(log, "utf8"), INTERNET);
    }),
);
