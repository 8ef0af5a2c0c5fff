/**
 * What is done to the secrets of a good vault.
 *
 * @module
 */
import { type Case, edit, ofSecret, OPENAI, TOKEN, W } from "./case.ts";
import type { GoodVault } from "./good_vaults.ts";
import { insertion, literal, type SqlRow } from "./sql_dump.ts";

/** The cases, by name. */
export function secretCases({ good }: Record<string, GoodVault>): Record<string, Case> {
  const early = good?.copies["early"] ?? {};
  return {
    "secret-version": ofSecret(
      "A version was put back.",
      `update secrets set value_version = 1 where id = ${TOKEN}`,
      "secret-changed",
      "TOKEN",
    ),
    "secret-expiry": ofSecret(
      "An expiry was removed.",
      `update secrets set expires_at_ms = null where id = ${TOKEN}`,
      "secret-changed",
      "TOKEN",
    ),
    "secret-pin": ofSecret(
      "A pin was removed.",
      `update secrets set pinned_provider = null where id = ${OPENAI}`,
      "secret-changed",
      "OPENAI_API_KEY",
    ),
    "secret-alias": ofSecret(
      "An alias was edited.",
      "update secret_names set name = 'other' where name = 'openai'",
      "secret-changed",
      "OPENAI_API_KEY",
    ),
    "secret-group": ofSecret(
      "A group was attached.",
      `insert into attached_groups values (${OPENAI}, 'W', 'H')`,
      "secret-changed",
      "OPENAI_API_KEY",
    ),
    "secret-value": ofSecret(
      "A sealed value was replaced.",
      `update secret_values set sealed_value = zeroblob(length(sealed_value)) where secret_id = ${TOKEN}`,
      "secret-changed",
      "TOKEN",
    ),
    "secret-dek": ofSecret(
      "A wrapped DEK was replaced.",
      `update secrets set wrapped_dek = zeroblob(72) where id = ${TOKEN}`,
      "secret-damaged",
      "TOKEN",
    ),
    "secret-scope": {
      ...ofSecret("A secret of a workspace was made global.", "", "secret-changed", "TOKEN"),
      sql: [
        `update secrets set scope_kind = 'global', workspace_id = '' where ${W};`,
        `update secret_names set scope_kind = 'global', workspace_id = '' where ${W};`,
      ],
    },
    "secret-no-name": {
      ...edit(
        "The name of a secret was removed.",
        `delete from secret_names where ${W}`,
        "secret-damaged TOKEN",
      ),
      refused: { TOKEN: "NOT_FOUND" },
    },
    "secret-name-elsewhere": edit(
      "A name was put into a scope that is not its secret's, where it would hide another one.",
      `insert into secret_names values ('workspace', 'W', '', 'OPENAI_API_KEY', 0, ${OPENAI})`,
      "store-disorder null",
    ),
    "secret-deleted": {
      ...edit("A secret was deleted behind the vault's back.", "", "secret-deleted TOKEN"),
      sql: [
        `delete from secret_values where secret_id = ${TOKEN};`,
        `delete from secrets where ${W};`,
        `delete from secret_names where ${W};`,
      ],
      refused: { TOKEN: "NOT_FOUND" },
    },
    "secret-rolled-back": {
      ...edit(
        "All rows of a secret were put back to an older state, which fits in itself.",
        "",
        "secret-rolled-back TOKEN",
      ),
      sql: putBack(early, "TOKEN"),
      refused: { TOKEN: "INTEGRITY" },
    },
    "secret-brought-back": {
      ...edit("A secret that its owner had deleted was put back.", "", "secret-added GONE"),
      sql: putBack(early, "GONE"),
      refused: { GONE: "INTEGRITY" },
    },
  };
}

/** The statements that put a secret of `copy` in the place of what is there. */
function putBack(copy: Readonly<Record<string, readonly SqlRow[]>>, name: string): string[] {
  const id = copy["secret_names"]?.find((row) => row["name"] === name)?.["secret_id"] ?? null;
  const tables = ["secrets", "secret_values", "secret_names", "attached_groups"];
  const owner = (table: string): string => table === "secrets" ? "id" : "secret_id";
  return [
    ...tables.map((table) => `delete from ${table} where ${owner(table)} = ${literal(id)};`),
    ...tables.flatMap((table) =>
      (copy[table] ?? []).filter((row) => row[owner(table)] === id)
        .map((row) => insertion(table, row))
    ),
  ];
}
