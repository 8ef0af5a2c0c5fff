/** The examples, with the package as npm installs it: a page without a bundler, and an edge worker. */
import { it } from "node:test";
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";
import { copyFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import {
  chromiumCommand,
  chromiumFlags,
  NO_CHROMIUM,
} from "../../scripts/testing/edge/chromium.ts";
import { NO_WORKERD, serveWorker, workerdCommand } from "../../scripts/testing/edge/workerd.ts";
import { ended, ROOT, startCommand } from "../helpers/program.ts";
import { project } from "./project.ts";

const chromium = chromiumCommand();
const workerd = workerdCommand(ROOT);

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
};

/** Serves the project's files, and the example as its page; gives the paths that were asked for. */
async function withSite<T>(
  page: string,
  work: (url: string) => Promise<T>,
): Promise<[T, string[]]> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? "/", "http://localhost").pathname);
    asked.push(path);
    readFile(path === "/" ? page : join(project(), path)).then(
      (body) =>
        response.setHeader("content-type", TYPES[extname(path) || ".html"] ?? "text/plain")
          .end(body),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  try {
    return [await work(`http://127.0.0.1:${address.port}/`), asked];
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(project(), "example-"));
  try {
    return await work(folder);
  } finally {
    // The browser may still write to its profile.
    await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}

it("examples/page keeps a secret in a tab, with the package's modules as they are", {
  timeout: 240_000,
  skip: chromium === undefined && NO_CHROMIUM,
}, () =>
  withFolder(async (folder) => {
    const page = join(ROOT, "examples/page/index.html");
    const [{ stdout }, asked] = await withSite(page, (url) => {
      const flags = [...chromiumFlags(folder), "--virtual-time-budget=10000", "--dump-dom", url];
      return ended(startCommand([chromium?.command ?? "", ...flags]));
    });
    assert.match(stdout, /<li>OPENAI_API_KEY: 10 bytes, version 1<\/li>/);
    // What it loaded is the core and its packages: nothing of the program, nothing of the platform.
    const own = asked.filter((path) => path.startsWith("/node_modules/@aivault/cli/"));
    assert.ok(own.includes("/node_modules/@aivault/cli/lib/vault/vault.js"));
    assert.deepEqual(own.filter((path) => /\/(?:cli|providers)\b(?!\/(?:mod|lib))/.test(path)), []);
  }));

it("examples/worker signs by a secret that it does not give away", {
  timeout: 240_000,
  skip: workerd === undefined && NO_WORKERD,
}, () =>
  withFolder(async (folder) => {
    await copyFile(join(ROOT, "examples/worker/worker.ts"), join(folder, "worker.ts"));
    await copyFile(join(ROOT, "examples/worker/config.capnp"), join(folder, "config.capnp"));
    const bun = join(ROOT, "tests/runtimes/node_modules/.bin/bun");
    const options = ["build", "--target", "browser", "--outfile", "worker.js"];
    const built = await ended(startCommand([bun, ...options, "worker.ts"], { cwd: folder }));
    assert.equal(built.exitCode, 0, built.stderr);
    const bundle = await readFile(join(folder, "worker.js"), "utf8");
    assert.doesNotMatch(bundle, /from "node:|require\(/);
    const env = {
      AIVAULT_KEY: Buffer.alloc(32, 7).toString("base64"),
      WEBHOOK_KEY: "the key of the webhook",
    };
    const { port, stop } = await serveWorker(workerd ?? "", folder, env);
    try {
      const ask = async (path: string, body?: string) => {
        const init = body === undefined ? {} : { method: "POST", body };
        const response = await fetch(`http://127.0.0.1:${port}${path}`, init);
        return [response.status, await response.text()] as const;
      };
      const expected = createHmac("sha256", env.WEBHOOK_KEY).update("a message").digest("hex");
      assert.deepEqual(await ask("/sign/WEBHOOK_KEY", "a message"), [200, `${expected}\n`]);
      assert.equal((await ask("/sign/OTHER", "a message"))[0], 404);
      const [status, audit] = await ask("/audit");
      assert.equal(status, 200);
      assert.match(audit, /secret\.use/);
      assert.doesNotMatch(audit, /the key of the webhook/);
    } finally {
      stop();
    }
  }));
