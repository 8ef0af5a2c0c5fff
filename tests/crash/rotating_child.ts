/**
 * Opens a vault, rotates its master key if the plan says so, and kills itself or waits at one point of the
 * way. Run by the tests as a process of its own; its one argument is a {@linkcode Plan}.
 *
 * @module
 */
import process from "node:process";
import { exitCodeOf } from "../../lib/cli/exit_code.ts";
import type { KeyProvider } from "../../mod.ts";
import type { SecurityRunner } from "../../providers/host/security_command.ts";
import { NOT_REACHED, type Plan } from "./children.ts";
import { nextKey, openVault, providersOf, recoverVault } from "./vaults.ts";

async function main(plan: Plan): Promise<void> {
  const { world, rotateTo, recoverWith, at, how } = plan;
  let reached = false;
  const reach = async (point: string): Promise<void> => {
    if (point !== at || reached) return;
    reached = true;
    if (how === "kill") process.kill(process.pid, "SIGKILL");
    process.stdout.write(`at ${point}\n`);
    await new Promise<void>((resolve) => process.stdin.once("data", () => resolve()));
  };
  const providers = new Map(
    [...providersOf(world, undefined, watchedRuns(reach))].map((
      [type, provider],
    ) => [type, watched(provider, reach)]),
  );
  const onStep = (step: string): Promise<void> => reach(`step:${step}`);
  const vault = recoverWith === undefined
    ? await openVault(world, providers)
    : await recoverVault(world, recoverWith, providers, onStep);
  if (rotateTo !== undefined) {
    const next = await nextKey(providers, vault, rotateTo);
    await vault.rotateMaster(next, onStep);
  }
  await vault.close();
  process.stdin.destroy();
  process.exitCode = reached || at === "end" ? 0 : NOT_REACHED;
}

function watchedRuns(reach: (point: string) => Promise<void>) {
  let count = 0;
  return (run: SecurityRunner): SecurityRunner => async (args, stdin) => {
    const number = ++count;
    await reach(`before:security ${number}`);
    const result = await run(args, stdin);
    await reach(`after:security ${number}`);
    return result;
  };
}

function watched(provider: KeyProvider, reach: (point: string) => Promise<void>): KeyProvider {
  const around = async (name: string, work: () => Promise<void>): Promise<void> => {
    await reach(`before:${name}`);
    await work();
    await reach(`after:${name}`);
  };
  return {
    ...provider,
    stage: (settings, kek) => around("stage", () => provider.stage(settings, kek)),
    commit: (settings) => around("commit", () => provider.commit(settings)),
    discard: (settings) => around("discard", () => provider.discard(settings)),
    retire: (settings) => around("retire", () => provider.retire(settings)),
  };
}

try {
  await main(JSON.parse(process.argv[2] ?? "{}"));
} catch (error) {
  console.error(error);
  process.stdin.destroy();
  process.exitCode = exitCodeOf(error);
}
