/** The examples, with the package as npm installs it: a page without a bundler, and an edge worker. */
import { it } from "node:test";
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";
import { copyFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { delimiter, extname, join, normalize } from "node:path";
import process from "node:process";
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

/** What a person does on the page, who takes a name twice. */
const VISITOR = `<script type="module">
const list = document.querySelector("ul");
const grown = async (count) => {
  while (list.children.length < count) await new Promise((done) => setTimeout(done, 10));
};
const form = document.querySelector("form");
for (const count of [1, 2]) {
  await grown(count);
  form.elements.name.value = "WEBHOOK_KEY";
  form.elements.value.value = "four";
  form.requestSubmit();
}
</script>`;

/** Serves the project's files, and `page` as its page; gives the paths that were asked for. */
async function withSite<T>(
  page: string,
  work: (url: string) => Promise<T>,
): Promise<[T, string[]]> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? "/", "http://localhost").pathname);
    asked.push(path);
    (path === "/" ? Promise.resolve(page) : readFile(join(project(), path))).then(
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
    const page = await readFile(join(ROOT, "examples/page/index.html"), "utf8") + VISITOR;
    const [{ stdout }, asked] = await withSite(page, (url) => {
      const flags = [...chromiumFlags(folder), "--virtual-time-budget=10000", "--dump-dom", url];
      return ended(startCommand([chromium?.command ?? "", ...flags]));
    });
    const items = [...stdout.matchAll(/<li>(.*?)<\/li>/g)].map(([, item]) => item);
    assert.deepEqual(items.slice(0, -1), [
      "OPENAI_API_KEY: 10 bytes, version 1",
      "WEBHOOK_KEY: 4 bytes, version 1",
    ]);
    assert.match(items.at(-1) ?? "", /^create secret "WEBHOOK_KEY": the name .* is taken/);
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
    // As its comment says.
    const steps = (await readFile(join(folder, "worker.ts"), "utf8")).matchAll(/^ \* {5}(.*)$/gm);
    const [install, build = "", serve = ""] = [...steps].map(([, step]) => step);
    assert.equal(install, "npm install @aivault/cli");
    const given = [...serve.matchAll(/(\w+)=\S/g)].map(([, name]) => name);
    assert.match(serve, / workerd serve config\.capnp$/);
    const config = await readFile(join(folder, "config.capnp"), "utf8");
    const needed = [...config.matchAll(/fromEnvironment = "(\w+)"/g)].map(([, name]) => name);
    assert.deepEqual(given, needed);
    const bin = join(ROOT, "tests/runtimes/node_modules/.bin");
    const PATH = `${bin}${delimiter}${process.env["PATH"] ?? ""}`;
    const built = await ended(startCommand(build.split(" "), { cwd: folder, env: { PATH } }));
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
      const kinds = JSON.parse(audit).map(({ kind }: { kind: string }) => kind);
      assert.deepEqual(kinds, ["secret.use", "secret.create", "vault.init"]);
      assert.doesNotMatch(audit, /the key of the webhook/);
    } finally {
      stop();
    }
  }));
