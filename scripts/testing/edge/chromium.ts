/**
 * A browser as a place for the core's tests.
 *
 * @module
 */
import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { join } from "node:path";
import process from "node:process";
import type { EdgeReport } from "../../../tests/edge/run_all.ts";
import { killGroup } from "../kill_group.ts";
import { missingPlace, type Place } from "./place.ts";

const BROWSERS = [
  "chromium",
  "chromium-browser",
  "google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** An executable of Chromium: the one that `AIVAULT_TEST_CHROMIUM` names, or one with a usual name. */
export function chromiumCommand(): { command: string; version: string } | undefined {
  const given = process.env["AIVAULT_TEST_CHROMIUM"];
  for (const command of given === undefined ? BROWSERS : [given]) {
    const { status, stdout } = spawnSync(command, ["--version"], { encoding: "utf8" });
    if (status === 0) return { command, version: stdout.trim() };
  }
  return undefined;
}

/** Why there is no Chromium. */
export const NO_CHROMIUM =
  "no Chromium here; install one, or name its path in AIVAULT_TEST_CHROMIUM";

/** The flags that start it with an empty profile, without a window and without traffic of its own. */
export function chromiumFlags(profile: string): string[] {
  return [
    "--headless",
    // Chromium refuses to run as root inside its sandbox.
    ...process.getuid?.() === 0 ? ["--no-sandbox"] : [],
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    `--user-data-dir=${profile}`,
  ];
}

/** Chromium as a place. */
export function findChromium(): Place {
  const found = chromiumCommand();
  if (found === undefined) return missingPlace(NO_CHROMIUM);
  const { command, version } = found;
  return {
    version,
    run: (bundle, directory, timeoutMs) => runInChromium(command, bundle, directory, timeoutMs),
  };
}

/** A page that runs the bundle and sends what it reports to where it came from. */
const PAGE = `<!doctype html><meta charset="utf-8"><script type="module">
const send = (path, body) => fetch(path, { method: "POST", body });
try {
  const { run, runAll } = await import("./edge.js");
  await send("/report", JSON.stringify(await runAll({ ...run, skip: {} })));
} catch (error) {
  await send("/failure", String(error.stack));
}
</script>`;

async function runInChromium(
  command: string,
  bundle: string,
  directory: string,
  timeoutMs: number,
): Promise<EdgeReport> {
  const { promise, resolve, reject } = Promise.withResolvers<EdgeReport>();
  const server = createServer((request, response) => {
    if (request.method === "POST") {
      readBody(request).then((body) =>
        request.url === "/report" ? resolve(JSON.parse(body)) : reject(new Error(body))
      ).catch(reject);
      response.end();
    } else if (request.url === "/edge.js") {
      answer(response, "text/javascript", readFileSync(bundle));
    } else answer(response, "text/html", PAGE);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const args = [...chromiumFlags(join(directory, "profile")), `http://127.0.0.1:${port}/`];
  const browser = spawn(command, args, { stdio: "ignore", detached: true });
  browser.on("error", reject);
  browser.on(
    "exit",
    (code) => reject(new Error(`${command} ended with ${code} before the report`)),
  );
  const timer = setTimeout(() => reject(new Error(`no report in ${timeoutMs} ms`)), timeoutMs);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    killGroup(browser.pid);
    server.close();
  }
}

function answer(response: ServerResponse, type: string, body: string | Uint8Array): void {
  response.setHeader("content-type", type).end(body);
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return new TextDecoder().decode(await new Blob(chunks.map((it) => new Uint8Array(it))).bytes());
}
