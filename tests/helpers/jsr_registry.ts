/**
 * A registry on this machine that serves this package as JSR does: with what stands in deno.json for a package's name
 * written into the sources, and a manifest of sizes and sums.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { ROOT } from "./program.ts";

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly imports: Readonly<Record<string, string>>;
  readonly publish: { readonly include: readonly string[] };
}

const manifest: Manifest = JSON.parse(readFileSync(join(ROOT, "deno.json"), "utf8"));

/** The files of the package, by their paths from `/`. */
function packageFiles(): Map<string, string> {
  const patterns = manifest.publish.include.map((it) => it.endsWith("/") ? `${it}**/*.ts` : it);
  return new Map(
    globSync(patterns, { cwd: ROOT }).map((path) => {
      const text = readFileSync(join(ROOT, path), "utf8");
      return [`/${path.replaceAll("\\", "/")}`, path.endsWith(".ts") ? unfurl(text) : text];
    }),
  );
}

/** Replaces the names that deno.json maps, as publishing does. */
function unfurl(text: string): string {
  return text.replace(
    /((?:from|import) "|import\(")(@?[a-z][^":]*)"/g,
    (whole, before: string, name: string) => {
      const [key] = Object.keys(manifest.imports).filter((it) =>
        name === it || name.startsWith(`${it}/`)
      );
      const target = key === undefined ? undefined : manifest.imports[key];
      return key === undefined ? whole : `${before}${target}${name.slice(key.length)}"`;
    },
  );
}

/** Runs `work` with the URL of the registry, for `JSR_URL`. */
export async function withRegistry<T>(work: (url: string) => Promise<T>): Promise<T> {
  const files = packageFiles();
  const { name, version, exports } = manifest;
  const sums = [...files].map(([path, text]) => {
    const checksum = `sha256-${createHash("sha256").update(text).digest("hex")}`;
    return [path, { size: new TextEncoder().encode(text).length, checksum }];
  });
  const [scope, short] = name.slice(1).split("/");
  const answers = new Map<string, string>([
    [
      `/${name}/meta.json`,
      JSON.stringify({ scope, name: short, latest: version, versions: { [version]: {} } }),
    ],
    [
      `/${name}/${version}_meta.json`,
      JSON.stringify({ manifest: Object.fromEntries(sums), exports }),
    ],
    ...[...files].map(([path, text]): [string, string] => [`/${name}/${version}${path}`, text]),
  ]);
  const server = createServer((request, response) => {
    const text = answers.get(request.url ?? "");
    response.writeHead(text === undefined ? 404 : 200, { "content-type": "text/plain" }).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  try {
    return await work(`http://127.0.0.1:${address.port}/`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
