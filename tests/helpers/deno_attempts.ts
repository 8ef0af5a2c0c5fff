/**
 * What code could try that runs under Deno in the program's place.
 *
 * @module
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { ended, ROOT, startCommand, withDirectory } from "./program.ts";

const pinned = join(ROOT, "tests/runtimes/node_modules/.bin/deno");

/** Deno; `undefined` if there is none here. */
export const DENO: string | undefined = "Deno" in globalThis
  ? process.execPath
  : existsSync(pinned)
  ? pinned
  : undefined;

/** Runs `work` with a server on this machine, and counts who connects. */
export async function withServer<T>(
  work: (port: number) => Promise<T>,
): Promise<{ ran: T; visitors: number }> {
  let visitors = 0;
  const server = createServer((socket) => {
    visitors++;
    socket.on("error", () => {}).end("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  try {
    return { ran: await work(address.port), visitors };
  } finally {
    server.close();
  }
}

/** What code inside the program could try, `PORT` being an open port of this machine. */
export const ATTEMPTS: Readonly<Record<string, string>> = {
  "fetch()": 'await fetch("http://127.0.0.1:PORT/");',
  "a TCP connection": 'await Deno.connect({ hostname: "127.0.0.1", port: PORT });',
  "a TCP connection through node:net":
    'import { connect } from "node:net";\nawait new Promise((ok, no) => connect(PORT, "127.0.0.1", ok).on("error", no));',
  "a WebSocket":
    'await new Promise((ok, no) => Object.assign(new WebSocket("ws://127.0.0.1:PORT/"), { onopen: ok, onerror: no }));',
  "a datagram":
    'import { createSocket } from "node:dgram";\nawait new Promise((ok, no) => createSocket("udp4").on("error", no).send("x", PORT, "127.0.0.1", (e) => e ? no(e) : ok(0)));',
  "a name look-up": 'await Deno.resolveDns("example.com", "A");',
  "a listening socket": 'Deno.listen({ hostname: "127.0.0.1", port: 0 });',
  "code from the network": 'await import("http://127.0.0.1:PORT/x.js");',
  "code from the registry": 'await import("https://jsr.io/@std/assert/1.0.0/mod.ts");',
  "a package from the npm registry": 'await import("npm:is-number@7.0.0");',
  "another program": 'await new Deno.Command("sh", { args: ["-c", "true"] }).output();',
  "another program through node:child_process":
    'import { spawn } from "node:child_process";\nawait new Promise((ok, no) => spawn("curl", ["http://127.0.0.1:PORT/"]).on("exit", ok).on("error", no));',
  "a native library": 'Deno.dlopen("libc.so.6", {});',
};

/** Runs `code` under Deno with `options`, in the directory `cwd`, and checks that it is not allowed to do what it does. */
export async function assertRefused(
  options: readonly string[],
  code: string,
  cwd: string = ROOT,
): Promise<void> {
  const { ran, visitors } = await withServer((port) =>
    withDirectory(async (directory) => {
      const script = join(directory, "attempt.ts");
      await writeFile(
        script,
        `${code.replaceAll("PORT", String(port))}\nconsole.log("it worked");\nDeno.exit();\n`,
      );
      const flags = [...options, "--quiet", "--no-check"];
      return await ended(startCommand([DENO ?? "", "run", ...flags, script], { cwd }));
    })
  );
  assert.equal(visitors, 0);
  assert.notEqual(ran.exitCode, 0, ran.stdout);
  assert.doesNotMatch(ran.stdout, /it worked/);
  assert.match(
    ran.stderr,
    /Requires (net|run|ffi|import|read|write) access|NotCapable|EACCES|--cached-only/,
  );
}
