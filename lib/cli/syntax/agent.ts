/**
 * The commands about the agent and the lock: their flags, and what runs for each.
 *
 * @module
 */
import { type Command, Option } from "commander";
import { MAX_TIMEOUT_MS } from "../../agent/timeouts.ts";
import { duration, withCommonFlags, withUnlockFlags } from "./flags.ts";
import type { App } from "./app.ts";

const commands = () => import("../commands/agent.ts");
const locks = () => import("../commands/lock.ts");

/** Adds `unlock` and `lock` to `program`. */
export function addLockCommands(program: Command, { context, finish }: App): void {
  const unlock = program.command("unlock")
    .description("check the passphrase, and keep the vault unlocked for every process of yours")
    .option(
      "--idle-timeout <time>",
      "lock when the key was not used for so long, such as 15m (default: never)",
      duration(MAX_TIMEOUT_MS),
    )
    .option(
      "--max-age <time>",
      "lock so long after this, such as 8h (default: never)",
      duration(MAX_TIMEOUT_MS),
    );
  withUnlockFlags(unlock)
    .action((flags) => finish(locks().then((m) => m.unlock(context, flags))));
  withCommonFlags(program.command("lock"))
    .description("lock the vault for every process")
    .action((flags) => finish(locks().then((m) => m.lock(context, flags))));
}

/** Adds `agent` and its commands to `program`. */
export function addAgentCommands(program: Command, { context, finish }: App): void {
  const group = program.command("agent").description("the process that keeps a vault unlocked");
  const run = group.command("run")
    .description("be the agent; unlock starts one by itself, this is for systemd and launchd")
    .option("--foreground", "stay in the foreground, and stay when the vault is locked")
    .addOption(new Option("--started", "take the key from standard input").hideHelp());
  withCommonFlags(run)
    .action((flags) => finish(commands().then((m) => m.run(context, flags))));
  withCommonFlags(group.command("status"))
    .description("say whether an agent runs, and what it holds")
    .action((flags) => finish(commands().then((m) => m.status(context, flags))));
  withCommonFlags(group.command("stop"))
    .description("lock the vault and end its agent")
    .action((flags) => finish(commands().then((m) => m.stop(context, flags))));
}
