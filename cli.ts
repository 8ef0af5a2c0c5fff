#!/usr/bin/env -S deno run -A
/**
 * The program `aivault`: joins the commands with the platform. What only some commands need is loaded when
 * one of them asks for it.
 *
 * @module
 */
import process from "node:process";
import type { AgentControl, CliContext, Output, VaultPlace } from "./lib/cli/context.ts";
import { run } from "./lib/cli/program.ts";
import { reportError } from "./lib/cli/report.ts";
import type { PassphraseSource } from "./lib/vault/keys/key_provider.ts";
import type { KeyProviders } from "./lib/vault/keys/key_source.ts";
import { environment as env, visibleEnvironment } from "./providers/host/environment.ts";
import { isTerminal, standardWriter } from "./providers/host/output.ts";
import { isVaultFile, type VaultPaths, vaultPaths } from "./providers/host/paths.ts";
import { exists } from "./providers/host/exists.ts";
import { systemClock } from "./providers/host/system_clock.ts";
import { VERSION } from "./lib/version.ts";

const args = process.argv.slice(2);
const streams = { stdout: output("stdout"), stderr: output("stderr") };
const paths = findPaths();

function findPaths(): VaultPaths {
  try {
    return vaultPaths(visibleEnvironment("AIVAULT_DIR"));
  } catch (error) {
    process.exit(reportError(streams, error, args.includes("--json")));
  }
}

async function keyProviders(passphrase: PassphraseSource): Promise<KeyProviders> {
  const m = await import("./providers/keys/mod.ts");
  return m.keyProviders({
    passphrase,
    env,
    file: { vaultDirectory: paths.directory, defaultPath: paths.keyFile },
    async security(args, stdin) {
      const { securityCommand } = await import("./providers/host/security_command.ts");
      return await securityCommand()(args, stdin);
    },
  });
}

function output(name: "stdout" | "stderr"): Output {
  const writer = standardWriter(name, (error) => {
    process.exitCode = reportError(streams, error, false);
  });
  return {
    ...writer,
    get hasColour() {
      return (env("NO_COLOR") ?? "") === "" && isTerminal(name);
    },
  };
}

async function whileInitialising<T>(
  isDone: () => Promise<boolean>,
  work: () => Promise<T>,
): Promise<T | undefined> {
  const { claimPrivateDirectory } = await import("./providers/host/private_directory.ts");
  const { withInitLock } = await import("./providers/host/init_lock.ts");
  await claimPrivateDirectory(paths.directory, isVaultFile);
  return await withInitLock(paths.initLock, isDone, work);
}

const place: VaultPlace = {
  directory: paths.directory,
  isDefault: paths.isDefault,
  hasDatabase: () => exists(paths.database),
  isForeign: () => exists(paths.foreignVault),
  async openStore({ create }) {
    // The library of Bun needs no loading, and what opens a vault derives keys.
    if ("Bun" in globalThis) (await import("./providers/host/native_hash.ts")).useNativeHash();
    const { SqliteStore } = await import("./providers/stores/sqlite.ts");
    const { removeStaleInitLock } = await import("./providers/host/init_lock.ts");
    if (!create) await removeStaleInitLock(paths.initLock);
    return await SqliteStore.open({ path: paths.database, create });
  },
  whileInitialising,
  async health() {
    const { SqliteStore } = await import("./providers/stores/sqlite.ts");
    const m = await import("./providers/host/health.ts");
    const openStore = () => SqliteStore.open({ path: paths.database, anyMode: true });
    return {
      openStore,
      async databaseProblems() {
        const store = await openStore();
        try {
          return await store.problems();
        } finally {
          await store.close();
        }
      },
      files: (keyFile) => m.examineFiles(paths, keyFile),
      leftovers: (keyFile) => m.findLeftovers(paths, keyFile),
      space: () => m.spaceOf(paths),
    };
  },
  async backups() {
    const m = await import("./providers/stores/backup_place.ts");
    return m.backupPlace({ database: paths.database, whileInitialising });
  },
};

const agentPlace = { vaultDirectory: paths.directory, env };
const agent: AgentControl = {
  clock: systemClock,
  async connect() {
    const { agentConnector } = await import("./providers/host/agent_socket.ts");
    return await agentConnector(paths.directory)();
  },
  async start(frame) {
    const { startAgent } = await import("./providers/host/agent_process.ts");
    return await startAgent(import.meta.url, agentPlace, frame);
  },
  async run(onServing) {
    const { runAgent } = await import("./providers/host/agent_run.ts");
    return await runAgent(agentPlace, { version: VERSION, staysLocked: true, onServing });
  },
  async runStarted() {
    const { runStartedAgent } = await import("./providers/host/agent_child.ts");
    await runStartedAgent(agentPlace, VERSION);
  },
};

const context: CliContext = {
  version: VERSION,
  build: () => import("./providers/host/build_info.ts").then((m) => m.buildInfo()),
  platform: process.platform,
  env,
  ...streams,
  async readInput(path, what, limit) {
    const { readInput } = await import("./providers/host/input.ts");
    return await readInput(path, what, limit);
  },
  terminal: () => import("./providers/host/terminal.ts").then((m) => m.openTerminal()),
  place,
  agent,
  async useNativeCipher() {
    const { useNativeCipher } = await import("./providers/host/native_cipher.ts");
    useNativeCipher();
  },
  keyProviders,
};

const exitCode = await run(context, args);
// Output that was lost has set it already.
process.exitCode ||= exitCode;
