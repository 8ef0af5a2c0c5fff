pragma application_id = 1095325268;
pragma user_version = 1;
CREATE TABLE vault (
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
CREATE TABLE secrets (
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
CREATE TABLE secret_values (
  secret_id text primary key references secrets (id) on delete cascade,
  sealed_value blob not null
) strict;
CREATE TABLE secret_names (
  scope_kind text not null,
  workspace_id text not null,
  group_id text not null,
  name text not null,
  is_alias integer not null,
  secret_id text not null references secrets (id) on delete cascade,
  primary key (scope_kind, workspace_id, group_id, name)
) strict, without rowid;
CREATE INDEX secret_names_by_secret
  on secret_names (secret_id, scope_kind, workspace_id, group_id, name, is_alias);
CREATE TABLE attached_groups (
  secret_id text not null references secrets (id) on delete cascade,
  workspace_id text not null,
  group_id text not null,
  primary key (secret_id, workspace_id, group_id)
) strict, without rowid;
CREATE INDEX attached_groups_by_group on attached_groups (workspace_id, group_id);
CREATE TABLE audit (
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
CREATE INDEX audit_by_secret on audit (secret_id, seq) where secret_id <> '';
insert into vault values (1, '0e3719fd-e0c2-4fca-a726-08ceff853cf8', 3, 1700000000000, 1700000000000, '{"type":"file","path":"kek.key"}', '91cd5d8f96357a1242168bf54c67ac4d', '[]', null, null, x'9a89444fb9e532fac14e1a6721ac788d5f3eab6e7417c40bb0259d12771f3fdca1cb28c239b066f1b34cff6ce7412183c5f40a469d28a3e9829ea04ae5c5d9dcae103fa70861f17d', 5, x'940d3c4ea58cbb7351e52d6ae29f435fab6d18b4fbdeb7ff77eecea88b4f427f', x'17988959daf5770b0e42e08437207ca253df1d744ed15b16cd037b42ec815f90279439179150e87581dd4c30969b4022997c1e4ade81ee7164462654d44633c5266c3c5ebf261bb5', '[]', x'f7724cdd6ce976b82f6a4b447c6b8f4af7c5f098ae60aa31cc113f889b430816', 7, x'5be73499805055dff96bcec202bb94bc29c2f582aa3522105b21046daffac4bf', x'7ae055595475ae5e9b06c14136cd5ce1b8f6a17a8a4c30f2b27ad06b6322b458');
insert into secrets values ('0c1b0dc2-0bfa-4256-88cd-df85cfe1b868', 'global', '', '', null, 2, 1700000001000, 1700000004000, null, '91cd5d8f96357a1242168bf54c67ac4d', x'bfec03cf043d5f7f4bc84bc47560c1a48e78eb60d355b6b911bcf48e2a135d094e625274f1db5e7ca30fd44dd0e553620376030cfcf577d569b4536cc2de43e6d11c3418c7e024ca');
insert into secret_values values ('0c1b0dc2-0bfa-4256-88cd-df85cfe1b868', x'0ec4ff9c971a7f7161ce69df5d41956647ae4a3d45e3581fff6a572cdbeede48b95637cedb83268e72ec7a');
insert into secret_names values ('global', '', '', 'TOKEN', 0, '0c1b0dc2-0bfa-4256-88cd-df85cfe1b868');
insert into attached_groups values ('0c1b0dc2-0bfa-4256-88cd-df85cfe1b868', 'W', 'G');
insert into audit values (4, 1700000003000, 'secret.use', 'kit', '0c1b0dc2-0bfa-4256-88cd-df85cfe1b868', 'TOKEN', 'global', 'global', '', '', 'c8085921a517b002683ab774e90025570f3d7257ce52a98d55080258b1d0b4ff', x'cee8bce9a94d4462ee89b6393c06727c1cf98faa2f3edff216fe41b5b8e5b925', x'6d90ecbdebcd918ae1f4260a6d405b230e579fde8228ee2638f6f2c62257c88e');
insert into audit values (5, 1700000004000, 'secret.rotate', 'kit', '0c1b0dc2-0bfa-4256-88cd-df85cfe1b868', 'TOKEN', 'global', '', '', 'c8085921a517b002683ab774e90025570f3d7257ce52a98d55080258b1d0b4ff', 'cfb4060a41f6cf94976eecdc924daebcb23c9a872a368bba968def522826a854', x'940d3c4ea58cbb7351e52d6ae29f435fab6d18b4fbdeb7ff77eecea88b4f427f', x'e3acdb38aa0198d7157e6709f25201edef36b32cfc32f38e5143d50cde110bca');
insert into audit values (6, 1700000005000, 'audit.prune', 'kit', '', '', '', '', 'removed 3 up to event 5', '', '6f538320014259a52639ba456ce7ef827ff5e7e2c3738606aa6522ba44076b4c', x'320f5fe5a6ffc439161cd34622a9078a4012d14648fc2ef18ef94557e71c5308', x'580595a3c9e699ccaab18a6c48d55b23f73eb88df4b6de7798f02256f90d1da4');
insert into audit values (7, 1700000006000, 'vault.lock', 'kit', '', '', '', '', '', '', '', x'5be73499805055dff96bcec202bb94bc29c2f582aa3522105b21046daffac4bf', x'');
