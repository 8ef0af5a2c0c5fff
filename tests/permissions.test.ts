/** The permissions that the program has under Deno: no more than the list that is documented. */
import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { DENO_PERMISSIONS } from "../scripts/build/permissions.ts";
import { type Ended, ended, programCommand, ROOT, startCommand } from "./helpers/program.ts";
import { withDirectory } from "./helpers/program.ts";

const pinned = join(ROOT, "tests/runtimes/node_modules/.bin/deno");
const deno = "Deno" in globalThis ? process.execPath : existsSync(pinned) ? pinned : undefined;
const skip = deno === undefined && "no Deno here; `npm test` installs one";

/**
 * Runs `code` with the program's permissions. They do not hold for what Deno itself loads from jsr.io and the npm
 * registry; `--cached-only` is what keeps it from that.
 */
async function runAllowed(code: string): Promise<Ended> {
  return await withDirectory(async (directory) => {
    const script = join(directory, "attempt.ts");
    await writeFile(script, code);
    const options = [...DENO_PERMISSIONS, "--cached-only", "--quiet", "--no-check"];
    return await ended(startCommand([deno ?? "", "run", ...options, script]));
  });
}

/** Runs `work` with a server on this machine, and counts who connects. */
async function withServer<T>(
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
const ATTEMPTS: Readonly<Record<string, string>> = {
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

describe("the permissions under Deno", () => {
  for (const [name, code] of Object.entries(ATTEMPTS)) {
    it(`refuse ${name}`, { skip }, async () => {
      const { ran, visitors } = await withServer((port) =>
        runAllowed(`${code.replaceAll("PORT", String(port))}\nconsole.log("it worked");\n`)
      );
      assert.equal(visitors, 0);
      assert.notEqual(ran.exitCode, 0, ran.stdout);
      assert.doesNotMatch(ran.stdout, /it worked/);
      assert.match(
        ran.stderr,
        /Requires (net|run|ffi|import) access|NotCapable|EACCES|--cached-only/,
      );
    });
  }

  it("are not what makes the attempts fail: with -A the connection is made", { skip }, async () => {
    const { ran, visitors } = await withServer((port) =>
      withDirectory(async (directory) => {
        const script = join(directory, "attempt.ts");
        await writeFile(script, `await Deno.connect({ port: ${port} });`);
        return await ended(startCommand([deno ?? "", "run", "-A", "--no-check", script]));
      })
    );
    assert.deepEqual([ran.exitCode, visitors], [0, 1], ran.stderr);
  });

  it("are those with which every test of a command runs on Deno", () => {
    const command = programCommand();
    if (!("Deno" in globalThis)) return assert.doesNotMatch(command.join(" "), /--allow/);
    const given = command.filter((word) => word.startsWith("-"));
    assert.deepEqual(given, [...DENO_PERMISSIONS, "--quiet"]);
    assert.ok(!given.includes("-A"));
  });

  it("stand in the README as they are", () => {
    const readme = readFileSync(join(ROOT, "README.md"), "utf8").replace(/\\\n\s*/g, "");
    assert.ok(readme.includes(`deno run ${DENO_PERMISSIONS.join(" ")} --cached-only`));
  });

  it("are enough for the Keychain's provider to find out that there is no Keychain", {
    skip: skip || (process.platform === "darwin" && "the real Keychain has a suite of its own"),
  }, async () => {
    await withDirectory(async (directory) => {
      await mkdir(join(directory, "home"));
      const { stderr, exitCode } = await ended(
        startCommand([
          deno ?? "",
          "run",
          ...DENO_PERMISSIONS,
          "--no-check",
          join(ROOT, "cli.ts"),
          "init",
          "--provider",
          "macos-keychain",
        ], { env: { HOME: join(directory, "home") } }),
      );
      assert.equal(exitCode, 8, stderr);
      assert.doesNotMatch(stderr, /NotCapable|unexpected/);
    });
  });
});
