/**
 * The environment that tests get.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import process from "node:process";

/**
 * This process's environment with `home` as the home, so that no test can touch the vault of
 * whoever runs it, and without the variables that would change what tests see.
 *
 * `AIVAULT_TEST_…` variables pass; `AIVAULT_TEST_HOME` is the real home.
 */
export function testEnvironment(home: string): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (value === undefined || /^(NO_COLOR|FORCE_COLOR|NODE_OPTIONS)$/.test(name)) continue;
    if (/^AIVAULT_(?!TEST_)/.test(name)) continue;
    env[name] = value;
  }
  // Deno's cache lies below the home: without this every run would download the packages again.
  const info = execFileSync(process.execPath, ["info", "--json"], { encoding: "utf8", cwd: home });
  const { denoDir }: { denoDir: string } = JSON.parse(info);
  const realHome = process.env["HOME"] ?? "";
  return { ...env, HOME: home, DENO_DIR: denoDir, AIVAULT_TEST_HOME: realHome };
}
