/**
 * What is done to a good vault's own row, and to its past.
 *
 * @module
 */
import { type Case, ofVault } from "./case.ts";
import type { GoodVault } from "./good_vaults.ts";
import { insertion, literal, type SqlRow } from "./sql_dump.ts";

/** The cases of the row, by name. */
export function vaultCases(): Record<string, Case> {
  const note =
    '{"from":{"type":"file","path":"kek.key"},"to":{"type":"file","path":"evil"},"toKekId":"00"}';
  return {
    "vault-provider": ofVault(
      "The settings of the key provider were edited; the key is still found.",
      `provider = '{"type":"file","path":"./kek.key"}'`,
    ),
    "vault-spelling": ofVault(
      "The settings of the key provider are written with white space.",
      `provider = '{"type": "file","path":"kek.key"}'`,
    ),
    "vault-twice": ofVault(
      "The settings of the key provider have a member twice, of which the second is genuine.",
      `provider = '{"type":"env","type":"file","path":"kek.key"}'`,
    ),
    "vault-nul": ofVault(
      "The settings of the key provider go on behind a NUL.",
      "provider = provider || char(0) || 'x'",
    ),
    "vault-rotation": ofVault(
      "A note of a rotation was made up, which would remove a file.",
      `rotation = '${note}'`,
    ),
    "vault-created": ofVault("The time of its making was edited.", "created_at_ms = 0"),
    "vault-anchor": ofVault("The anchor was moved.", "audit_anchor_seq = 3"),
    "vault-retired": ofVault(
      "A kekId was put among the retired.",
      `retired_kek_ids = '["00112233445566778899aabbccddeeff"]'`,
    ),
    "vault-id": ofVault(
      "The vault got another id: the key does not fit it.",
      "vault_id = '00000000-0000-4000-8000-000000000000'",
      "WRONG_KEY",
    ),
    "vault-kek-id": ofVault(
      "The kekId was edited: the key does not fit it.",
      "kek_id = '00112233445566778899aabbccddeeff'",
      "WRONG_KEY",
    ),
    "vault-format": ofVault(
      "The vault is of a newer format, which is not guessed at.",
      "format_version = 4",
      "UNSUPPORTED",
    ),
    "schema-newer": {
      ...ofVault("The database is of a newer version.", "", "UNSUPPORTED"),
      sql: ["pragma user_version = 1000000;"],
    },
    "schema-foreign": {
      ...ofVault("The database is another program's.", ""),
      sql: ["pragma application_id = 1;"],
    },
  };
}

/** The cases of the past, by name. */
export function pastCases({ good, pruned }: Record<string, GoodVault>): Record<string, Case> {
  const used = good?.copies["used"] ?? {};
  const [before, middle] = [pruned?.copies["before"] ?? {}, pruned?.copies["middle"] ?? {}];
  const chainEnd = (copy: Readonly<Record<string, readonly SqlRow[]>>): string => {
    const [row = {}] = copy["vault"] ?? [];
    const set = ["audit_seq", "audit_mac", "audit_key"].map((name) =>
      `${name} = ${literal(row[name] ?? null)}`
    );
    return `update vault set ${set.join(", ")};`;
  };
  return {
    "past-cut": {
      base: "good",
      reason:
        "The end was cut off with an old copy of the vault's row, but a secret was deleted in it.",
      sql: ["delete from audit where seq > 8;", chainEnd(used)],
      findings: ["secret-deleted GONE"],
    },
    "past-head": {
      base: "good",
      reason: "The vault is an older copy of itself, which only a noted head tells.",
      sql: [],
      head: `11:${"0".repeat(64)}`,
      findings: ["head-missing 11"],
    },
    "past-other": {
      base: "good",
      reason: "The vault has another past than the one that was noted.",
      sql: [],
      head: `10:${"0".repeat(64)}`,
      findings: ["head-differs 10"],
    },
    "pruned-kept-edited": {
      base: "pruned",
      reason: "An event that a prune has kept was edited.",
      sql: ["update audit set note = 'x' where seq = 4;"],
      findings: ["event-edited 4"],
    },
    "pruned-kept-removed": {
      base: "pruned",
      reason: "An event that a prune has kept was removed: the last use of the secret.",
      sql: ["delete from audit where seq = 4;"],
      findings: ["kept-events 6"],
    },
    "pruned-undone": {
      base: "pruned",
      reason: "An event that a prune has removed, which is genuine, was put back.",
      sql: (before["audit"] ?? []).slice(1, 2).map((row) => insertion("audit", row)),
      findings: ["kept-events 6"],
    },
    "pruned-cut": {
      base: "pruned",
      reason:
        "The event of the prune was cut off with an old copy of the vault's row: the anchor has no reason.",
      sql: ["delete from audit where seq > 5;", chainEnd(middle)],
      findings: ["anchor-unexplained 6"],
    },
    "rotated-seam": {
      base: "rotated",
      reason: "An event from before two rotations of the master key was edited.",
      sql: ["update audit set note = 'x' where seq = 1;"],
      findings: ["event-edited 1"],
    },
  };
}
