/**
 * What is done to the events of a good vault.
 *
 * @module
 */
import { auditMac, nextChainKey } from "../../lib/vault/audit/audit.ts";
import { type Case, edit, TOKEN } from "./case.ts";
import type { GoodVault } from "./good_vaults.ts";
import { insertion, literal } from "./sql_dump.ts";

/** The cases, by name. */
export function eventCases({ good }: Record<string, GoodVault>): Record<string, Case> {
  return {
    "event-note": edit(
      "A note was edited.",
      "update audit set note = 'x' where seq = 6",
      "event-edited 6",
      "secret-history OPENAI_API_KEY",
    ),
    "event-nul": edit(
      "An actor goes on behind a NUL.",
      "update audit set actor = actor || char(0) || 'x' where seq = 1",
      "event-edited 1",
    ),
    "event-time": edit(
      "A time was edited.",
      "update audit set time_ms = 0 where seq = 1",
      "event-edited 1",
    ),
    "event-actor": edit(
      "Somebody else is said to have done it.",
      "update audit set actor = 'x' where seq = 9",
      "event-edited 9",
    ),
    "event-secret": {
      ...edit(
        "An event was given to another secret, whose newest it then seems to be.",
        `update audit set secret_id = ${TOKEN} where seq = 7`,
        "event-edited 7",
      ),
      refused: { TOKEN: "INTEGRITY" },
    },
    "event-mac": edit(
      "A MAC was replaced.",
      "update audit set mac = zeroblob(32) where seq = 9",
      "event-edited 9",
    ),
    "event-proof": edit(
      "A proof was taken away.",
      "update audit set proof = x'' where seq = 7",
      "event-forged 7",
    ),
    "event-proof-added": edit(
      "An event that has no proof was given one.",
      "update audit set proof = zeroblob(32) where seq = 9",
      "event-edited 9",
    ),
    "event-removed": edit(
      "An event was removed.",
      "delete from audit where seq = 7",
      "event-missing 7",
    ),
    "event-removed-first": edit(
      "The first event was removed.",
      "delete from audit where seq = 1",
      "event-missing 1",
    ),
    "event-removed-last": edit(
      "The newest event was removed, and with it the deletion of a secret.",
      "delete from audit where seq = 10",
      "event-missing 10",
      "secret-deleted GONE",
    ),
    "event-inserted": {
      ...edit(
        "An event was put behind the newest, where the next one has to go.",
        `insert into audit select 11, time_ms, kind, actor, secret_id, secret_name, scope, context,
          note, previous_digest, state_digest, mac, proof from audit where seq = 9`,
        "event-inserted 11",
      ),
      refused: { OPENAI_API_KEY: "INTEGRITY", TOKEN: "INTEGRITY" },
    },
    "event-swapped": {
      ...edit(
        "Two events changed places.",
        "update audit set seq = 99 where seq = 1",
        "event-edited 1",
        "event-edited 9",
      ),
      sql: [
        "update audit set seq = 99 where seq = 1;",
        "update audit set seq = 1 where seq = 9;",
        "update audit set seq = 9 where seq = 99;",
      ],
    },
    "event-appended": appended(good, "vault.unlock", "event-forged 11"),
    "chain-end-key": edit(
      "The key of the next event was replaced.",
      "update vault set audit_key = zeroblob(32)",
      "chain-end 10",
    ),
    "chain-end-seq": edit(
      "The number of the newest event was raised.",
      "update vault set audit_seq = 12",
      "chain-end 12",
      "event-missing 11-12",
    ),
  };
}

/** An event appended by somebody who has read the chain key, which lies open, but has no KEK. */
function appended(good: GoodVault | undefined, kind: string, finding: string): Case {
  const rows = /^insert into vault values \((.*)\);$/m.exec(good?.sql ?? "")?.[1]?.split(", ") ??
    [];
  const blob = (text = ""): Uint8Array =>
    Uint8Array.from(text.match(/[0-9a-f]{2}/g) ?? [], (pair) => parseInt(pair, 16));
  const [key, lastMac] = [blob(rows.at(-1)), blob(rows.at(-2))];
  const vaultId = (rows[1] ?? "").replaceAll("'", "");
  const empty = { secretId: "", secretName: "", scope: "", context: "", note: "" };
  const fields = {
    seq: 11,
    timeMs: 0,
    kind,
    actor: "x",
    ...empty,
    previousDigest: "",
    stateDigest: "",
  };
  const mac = auditMac(key, vaultId, lastMac, fields);
  return {
    ...edit("Somebody without the vault's key added an event that needs it.", "", finding),
    sql: [
      insertion("audit", { ...fields, mac, proof: new Uint8Array() }),
      `update vault set audit_seq = 11, audit_mac = ${literal(mac)}, audit_key = ${
        literal(nextChainKey(key))
      };`,
    ],
  };
}
