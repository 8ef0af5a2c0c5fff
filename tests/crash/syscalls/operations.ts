/**
 * What is killed: commands of the program, each on a vault of its own. A new one is a new entry.
 *
 * @module
 */
import { Buffer } from "node:buffer";
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
  init("file"),
  init("env"),
  init("passphrase", ["init", "--provider", "passphrase", ...cheap]),
  init("file", ["secrets", "create", "NEW", "--value-file", "-"]),
];
