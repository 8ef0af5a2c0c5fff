/**
 * What is killed: commands of the program, each on a vault of its own. A new one is a new entry.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Ended, programCommand, runtimeCommand } from "../../helpers/program.ts";
import { type Plan, runIn } from "../children.ts";
import {
  NEXT_KEY,
  NEXT_PASSPHRASE,
  type ProviderType,
  type Target,
  type World,
} from "../vaults.ts";

/** A command that changes a vault. */
export interface Operation {
  /** For the table. */
  readonly name: string;
  /** Who keeps the key of the vault. */
  readonly provider: ProviderType;
  /** The arguments of the program. */
  readonly args: (world: World) => readonly string[];
  /** What is piped in. */
  readonly stdin?: string;
  /** Where a rotation of the master key goes. */
  readonly rotatesTo?: Target;
  /** Whether it makes the vault. */
  readonly makesVault?: boolean;
  /** Whether it leaves all secrets as they are. */
  readonly keepsSecrets?: boolean;
  /** What is lost when it begins, and it brings back: the database, or the key file, which is {@linkcode LOST_KEY} then. */
  readonly bringsBack?: "vault" | "key";
  /** The backup that it makes in the vault's directory. */
  readonly makesBackup?: string;
  /** Whether what it leaves when it is killed goes with the next backup or `doctor --fix`, and not with any command. */
  readonly needsTidying?: boolean;
  /** What may lie in the vault's directory besides its own files. */
  readonly keeps?: RegExp;
  /** What is done to its vault beforehand. */
  readonly beforehand?: (world: World) => Promise<void>;
}

/** The command line of `operation`: the program, or for a Keychain a script that can be given the stand-in. */
export function commandOf(operation: Operation, world: World): string[] {
  if (world.provider !== "macos-keychain") return [...programCommand(), ...operation.args(world)];
  const script = fileURLToPath(new URL("../rotating_child.ts", import.meta.url));
  const plan: Plan = { world, rotateTo: operation.rotatesTo ?? "same", at: "end", how: "hold" };
  return [...runtimeCommand(script), JSON.stringify(plan)];
}

const LARGE = "large value ".repeat(16_000);
const ENTRIES = Array.from({ length: 40 }, (_, n) => `IMPORTED_${n}=imported value ${n}\n`).join(
  "",
);
const GROUP = ["--workspace-id", "w1", "--group-id", "g1"];

function secrets(command: string, args: readonly string[], stdin?: string): Operation {
  return {
    name: `secrets ${command}`,
    provider: "file",
    args: () => ["secrets", ...command.split(" ", 1), ...args],
    ...(stdin === undefined ? {} : { stdin }),
  };
}

function rotateMaster(
  provider: ProviderType,
  rotatesTo: Target,
  args: readonly string[],
  stdin?: string,
): Operation {
  return {
    name: `rotate-master, ${provider}${rotatesTo === "same" ? "" : ` to ${rotatesTo}`}`,
    provider,
    rotatesTo,
    args: () => ["rotate-master", ...args],
    ...(stdin === undefined ? {} : { stdin }),
  };
}

function init(
  provider: ProviderType,
  args: readonly string[] = ["init", "--provider", provider],
): Operation {
  return {
    name: args[0] === "init" ? `init, ${provider}` : "the first secrets create",
    provider,
    makesVault: true,
    args: () => args,
    ...(args[0] === "init" ? {} : { stdin: "the very first value" }),
  };
}

function recovery(command: string, args: readonly string[] = []): Operation {
  return {
    name: `recovery ${command}`,
    provider: "file",
    keepsSecrets: true,
    args: () => ["recovery", command, ...args],
    beforehand: async (world) => void await must(world, "recovery", "create", "--print"),
  };
}

/** The key file that was lost, for the tests to look into the vault. */
export const LOST_KEY = "kek.lost";
const PAPER = "paper";

function recoveryUse(rotatesTo: Target, args: readonly string[], stdin?: string): Operation {
  return {
    name: `recovery use${rotatesTo === "same" ? "" : `, to ${rotatesTo}`}`,
    provider: "file",
    rotatesTo,
    bringsBack: "key",
    keeps: /^(paper|kek\.lost)$/,
    args: ({ directory }) => [
      "recovery",
      "use",
      "--recovery-key-file",
      join(directory, PAPER),
      ...args,
    ],
    ...(stdin === undefined ? {} : { stdin }),
    async beforehand(world) {
      const { stdout } = await must(world, "recovery", "create", "--print");
      await writeFile(join(world.directory, PAPER), stdout, { mode: 0o600 });
    },
  };
}

const BACKUP = "vault.bak";

function backup(command: string, more: Partial<Operation> = {}): Operation {
  return {
    name: `backup ${command}`,
    provider: "file",
    needsTidying: true,
    keeps: /^vault\.(bak|db\.before-restore-[0-9TZ]+-[0-9a-f]{8})$/,
    args: ({ directory }) => {
      const [verb = "", ...flags] = command.split(" ");
      return ["backup", verb, join(directory, BACKUP), ...flags];
    },
    ...more,
  };
}

/** Makes a backup, and then what is not in it. */
async function backUp(world: World): Promise<void> {
  await must(world, "backup", "create", join(world.directory, BACKUP));
  await must(world, "secrets", "delete", "PLAIN");
}

async function must(world: World, ...args: string[]): Promise<Ended> {
  const run = await runIn(world, ...args);
  assert.equal(run.exitCode, 0, run.stderr);
  return run;
}

const toKey = ["--new-key-file", "-"];
const nextKey = Buffer.from(NEXT_KEY).toString("base64");
const toPassphrase = ["--new-passphrase-file", "-"];
const cheap = ["--argon2-memory", "8", "--argon2-iterations", "1"];

/** Every operation that is killed. */
export const OPERATIONS: readonly Operation[] = [
  secrets("create", ["NEW", "--alias", "new", "--value-file", "-"], "the new value"),
  secrets("create (large)", ["NEW", "--value-file", "-"], LARGE),
  secrets("rotate", ["PLAIN", "--value-file", "-"], "the rotated value"),
  secrets("rotate (large)", ["PLAIN", "--value-file", "-"], LARGE),
  secrets("update", ["PLAIN", "--name", "ANTHROPIC_API_KEY", "--alias", "renamed"]),
  secrets("delete", ["PLAIN"]),
  secrets("attach-group", ["PLAIN", ...GROUP]),
  secrets("detach-group", ["ATTACHED", ...GROUP]),
  secrets("import", ["--entry-file", "-"], ENTRIES),
  rotateMaster("file", "same", []),
  rotateMaster("file", "passphrase", toPassphrase, NEXT_PASSPHRASE),
  rotateMaster("env", "same", toKey, nextKey),
  rotateMaster("env", "passphrase", toPassphrase, NEXT_PASSPHRASE),
  rotateMaster("passphrase", "same", toPassphrase, NEXT_PASSPHRASE),
  rotateMaster("macos-keychain", "same", []),
  { ...recovery("create", ["--print"]), beforehand: () => Promise.resolve() },
  { ...recovery("create", ["--print", "--replace"]), name: "recovery create --replace" },
  recovery("revoke"),
  recoveryUse("same", ["--provider", "file"]),
  recoveryUse(
    "passphrase",
    ["--provider", "passphrase", "--passphrase-file", "-", ...cheap],
    NEXT_PASSPHRASE,
  ),
  {
    name: "audit prune",
    provider: "file",
    keepsSecrets: true,
    args: () => ["audit", "prune", "--before", "2999-12-31"],
    // Events that go altogether, and a proof key that goes with them.
    beforehand: async (world) => {
      await must(world, "rotate-master");
      await must(world, "secrets", "create", "GONE", "--value", "the value of what goes");
      await must(world, "rotate-master");
      await must(world, "secrets", "delete", "GONE");
    },
  },
  backup("create", { keepsSecrets: true, makesBackup: BACKUP }),
  backup("restore", { bringsBack: "vault", beforehand: backUp }),
  backup("restore --force", { beforehand: backUp }),
  init("file"),
  init("env"),
  init("passphrase", ["init", "--provider", "passphrase", ...cheap]),
  init("file", ["secrets", "create", "NEW", "--value-file", "-"]),
];
