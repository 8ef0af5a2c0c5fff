/**
 * The tables of a vault in SQLite, and how an older database is brought forward.
 *
 * @module
 */

/** Marks a file as a vault of aivault: `PRAGMA application_id`, the letters "AIVT". */
export const APPLICATION_ID = 0x41495654;

/**
 * One entry for each version of the schema, each run once, in order, in one transaction with the change of
 * `PRAGMA user_version`. Entries are never edited after a release; new ones are added at the end.
 *
 * Every fact stands in one place: names, aliases and attached groups in tables of their own, which also
 * are the indexes that they are found by. Sealed values are apart, so that wrapping DEKs anew
 * does not copy values. The index by secret holds whole rows of names: reading secrets in the order of their ids
 * would else look up each name in another place.
 */
export const MIGRATIONS: readonly string[] = [`
  create table vault (
    one integer primary key check (one = 1),
    vault_id text not null,
    format_version integer not null,
    created_at_ms integer not null,
    updated_at_ms integer not null,
    provider text not null,
    kek_id text not null,
    retired_kek_ids text not null,
    rotation text,
    recovery text,
    audit_anchor blob not null,
    audit_anchor_seq integer not null,
    audit_anchor_mac blob not null,
    audit_proof_key blob not null,
    past_proof_keys text not null,
    description_mac blob not null,
    audit_seq integer not null,
    audit_mac blob not null,
    audit_key blob not null
  ) strict;

  create table secrets (
    id text primary key,
    scope_kind text not null,
    workspace_id text not null,
    group_id text not null,
    pinned_provider text,
    value_version integer not null,
    created_at_ms integer not null,
    updated_at_ms integer not null,
    expires_at_ms integer,
    kek_id text not null,
    wrapped_dek blob not null
  ) strict, without rowid;

  create table secret_values (
    secret_id text primary key references secrets (id) on delete cascade,
    sealed_value blob not null
  ) strict;

  create table secret_names (
    scope_kind text not null,
    workspace_id text not null,
    group_id text not null,
    name text not null,
    is_alias integer not null,
    secret_id text not null references secrets (id) on delete cascade,
    primary key (scope_kind, workspace_id, group_id, name)
  ) strict, without rowid;
  create index secret_names_by_secret
    on secret_names (secret_id, scope_kind, workspace_id, group_id, name, is_alias);

  create table attached_groups (
    secret_id text not null references secrets (id) on delete cascade,
    workspace_id text not null,
    group_id text not null,
    primary key (secret_id, workspace_id, group_id)
  ) strict, without rowid;
  create index attached_groups_by_group on attached_groups (workspace_id, group_id);

  create table audit (
    seq integer primary key,
    time_ms integer not null,
    kind text not null,
    actor text not null,
    secret_id text not null,
    secret_name text not null,
    scope text not null,
    context text not null,
    note text not null,
    previous_digest text not null,
    state_digest text not null,
    mac blob not null,
    proof blob not null
  ) strict;
  create index audit_by_secret on audit (secret_id, seq) where secret_id <> '';
`];
