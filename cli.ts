#!/usr/bin/env -S deno run -A
/**
 * The program `aivault`: joins the commands with the platform.
 *
 * @module
 */
import process from "node:process";
import type { AgentControl, CliContext, Output, VaultPlace } from "./lib/cli/context.ts";
import { run } from "./lib/cli/program.ts";
import { reportError } from "./lib/cli/report.ts";
import type { KeyProvider, PassphraseSource } from "./lib/vault/key_provider.ts";
import { programCommand, startAgent } from "./providers/host/agent_process.ts";
import { agentConnector } from "./providers/host/agent_socket.ts";
import { removeStaleInitLock, withInitLock } from "./providers/host/init_lock.ts";
import { readInput } from "./providers/host/input.ts";
import { textWriter } from "./providers/host/output.ts";
import { isVaultFile, type VaultPaths, vaultPaths } from "./providers/host/paths.ts";
import { claimPrivateDirectory } from "./providers/host/private_directory.ts";
import { exists } from "./providers/host/private_file.ts";
import { securityCommand } from "./providers/host/security_command.ts";
import { systemClock } from "./providers/host/system_clock.ts";
import { openTerminal } from "./providers/host/terminal.ts";
import { envKeyProvider } from "./providers/keys/env.ts";
import { fileKeyProvider } from "./providers/keys/file.ts";
import { macosKeychainProvider } from "./providers/keys/macos_keychain.ts";
import { passphraseKeyProvider } from "./providers/keys/passphrase.ts";
import { VERSION } from "./lib/version.ts";

const env = (name: string): string | undefined => process.env[name];
const args = process.argv.slice(2);
const streams = { stdout: output(process.stdout), stderr: output(process.stderr) };
const paths = findPaths();

function findPaths(): VaultPaths {
  try {
    return vaultPaths(env("AIVAULT_DIR"));
  } catch (error) {
    process.exit(reportError(streams, error, args.includes("--json")));
  }
}

function keyProviders(passphrase: PassphraseSource): Map<string, KeyProvider> {
  const list = [
    macosKeychainProvider({ run: securityCommand() }),
    passphraseKeyProvider(passphrase),
    envKeyProvider(env),
    fileKeyProvider({ vaultDirectory: paths.directory, defaultPath: paths.keyFile }),
  ];
  return new Map(list.map((provider) => [provider.type, provider]));
}

function output(stream: NodeJS.WriteStream): Output {
  const hasColour = Boolean(stream.isTTY) && (env("NO_COLOR") ?? "") === "";
  const write = textWriter(stream, (error) => {
    process.exitCode = reportError(streams, error, false);
  });
  return { write, hasColour };
}

const place: VaultPlace = {
  directory: paths.directory,
  isDefault: paths.isDefault,
  hasDatabase: () => exists(paths.database),
  isForeign: () => exists(paths.foreignVault),
  async openStore({ create }) {
    const { SqliteStore } = await import("./providers/stores/sqlite.ts");
    if (!create) await removeStaleInitLock(paths.initLock);
    return await SqliteStore.open({ path: paths.database, create });
  },
  async whileInitialising(isDone, work) {
    await claimPrivateDirectory(paths.directory, isVaultFile);
    return await withInitLock(paths.initLock, isDone, work);
  },
};

const agentPlace = { vaultDirectory: paths.directory, env };
const agent: AgentControl = {
  clock: systemClock,
  connect: agentConnector(paths.directory),
  start(frame) {
    const command = [...programCommand(import.meta.url), "agent", "run", "--started"];
    return startAgent(command, frame);
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
  readInput,
  terminal: openTerminal,
  place,
  agent,
  keyProviders,
};

const exitCode = await run(context, args);
// Output that was lost has set it already.
process.exitCode ||= exitCode;
