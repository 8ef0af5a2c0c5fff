/**
 * The groups of commands. Of their descriptions in `syntax/` only that of the command asked for is loaded; the help of
 * the program, and what a mistyped command may have meant, need them all.
 *
 * @module
 */
import type { Command } from "commander";
import type { App } from "./app.ts";

/** Commands that are described in one place. */
interface Group {
  /** Their names. */
  readonly names: readonly string[];
  /** Adds them to `program`. */
  add(program: Command, app: App): Promise<void>;
}

/** All groups, in the order of the help. */
export const GROUPS: readonly Group[] = [
  {
    names: ["status"],
    add: async (program, app) => (await import("./status.ts")).addStatus(program, app),
  },
  {
    names: ["init"],
    add: async (program, app) => await (await import("./init.ts")).addInit(program, app),
  },
  {
    names: ["unlock", "lock"],
    add: async (program, app) => (await import("./agent.ts")).addLockCommands(program, app),
  },
  {
    names: ["rotate-master"],
    add: async (program, app) => (await import("./rotate_master.ts")).addRotateMaster(program, app),
  },
  {
    names: ["secrets"],
    add: async (program, app) => (await import("./secrets.ts")).addSecretCommands(program, app),
  },
  {
    names: ["audit"],
    add: async (program, app) => (await import("./audit.ts")).addAuditCommands(program, app),
  },
  {
    names: ["agent"],
    add: async (program, app) => (await import("./agent.ts")).addAgentCommands(program, app),
  },
  {
    names: ["recovery"],
    add: async (program, app) =>
      await (await import("./recovery.ts")).addRecoveryCommands(program, app),
  },
  {
    names: ["backup"],
    add: async (program, app) => (await import("./backup.ts")).addBackupCommands(program, app),
  },
  {
    names: ["doctor"],
    add: async (program, app) => (await import("./doctor.ts")).addDoctorCommands(program, app),
  },
];

/** Adds to `program` what may be meant by `args`, which begin with the command's name. */
export async function addGroups(
  program: Command,
  app: App,
  args: readonly string[],
): Promise<void> {
  const [name = ""] = args;
  const group = GROUPS.find((each) => each.names.includes(name));
  for (const each of group === undefined ? GROUPS : [group]) await each.add(program, app);
}
