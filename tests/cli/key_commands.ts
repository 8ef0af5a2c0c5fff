/**
 * Commands that need the vault's key: whatever is wrong with the key, each has to say so and to change nothing.
 *
 * @module
 */

/** Lines of shell; `A` is a secret of the vault. These refuse in the same words. */
export const KEY_COMMANDS: readonly string[] = [
  "aivault status",
  "aivault unlock",
  "aivault lock",
  "aivault audit",
  "aivault audit head",
  "aivault audit verify",
  "aivault audit export --jsonl",
  "aivault audit prune --before 2027-01-31",
  "aivault backup create new.bak",
  "aivault recovery create --print",
  "aivault recovery revoke",
  "aivault rotate-master --new-key AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
  "aivault rotate-master --new-passphrase p",
  "aivault secrets list",
  "aivault secrets show A",
  "aivault secrets create B --value v",
  "aivault secrets update A --name B",
  "aivault secrets rotate A --value v",
  "aivault secrets delete A",
  "aivault secrets attach-group A --workspace-id w --group-id g",
  "aivault secrets detach-group A --workspace-id w --group-id g",
  "aivault secrets import --entry B=v",
];

/** Those that need a key too, and refuse in words of their own. `vault.bak` is a backup of the vault. */
export const OTHER_KEY_COMMANDS: readonly string[] = [
  "aivault doctor",
  "aivault doctor --fix",
  "aivault backup verify vault.bak",
  "aivault backup restore vault.bak --force",
];

/** Those that need no key of a vault, and why. */
export const KEYLESS_COMMANDS: Readonly<Record<string, string>> = {
  "init": "it makes one",
  "recovery use": "it is for when there is none",
  "agent run": "it is given one later",
  "agent status": "it looks at the agent alone",
  "agent stop": "it looks at the agent alone",
};
