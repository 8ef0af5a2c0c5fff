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
insert into vault values (1, '17d6fb27-d67d-4f59-b36d-a2fce9b7e927', 3, 1700000000000, 1700000000000, '{"type":"passphrase","kdf":{"algorithm":"argon2id","version":19,"memoryKiB":8192,"iterations":1,"parallelism":1,"salt":"Z6Ed0iYKlOwsRNIaVyS0bA=="}}', '9b65852139b0adb900546cdeb3d5c624', '[]', null, null, x'db2a01eb8c96cece8eb39c59d73a2a32efb955434500f418f373b5748a831be583817d348a5e82b8115c20e8d6f9b045ff4ac3ec5bf95074e0bd3a8b7b1415c43ceaac7a094d3b89', 0, x'0000000000000000000000000000000000000000000000000000000000000000', x'c608fab43d34e7f3ff7393a37dbd7212bec53c6a6fe99b99865fbf3330b9d629dfadbc61163d0a165541577e0ac5b22996ff2fa5e861305cf969e66bd6c0a0580221f81eb4a16fbd', '[]', x'3954b573625e4728a5bd735e38ecd7a04bde90c9b773e6ddee0cd332d9fd1472', 2, x'b249a2f218569e9d614f0c7e42c7b7cdb04ebeed6d7a104e266472113198f59d', x'd557d77360ab0446cf6b38d4c488c8bf49efe3386939eb864e5b8b8f79904d66');
insert into secrets values ('9f5340a5-1ee5-4b01-a053-47f3e29bf86e', 'global', '', '', null, 1, 1700000001000, 1700000001000, null, '9b65852139b0adb900546cdeb3d5c624', x'62e6320b4d971660c0026592fef9a0a7a71a6fc0d7e38fb8b884900b574c594a856ec9c71b916de23094886061301e8ca63f11bbe21dc77353b1c101351e4ade58df6a507be0c91a');
insert into secret_values values ('9f5340a5-1ee5-4b01-a053-47f3e29bf86e', x'66caee15569434053c17814844734feb96d7b1bcb589b2403cc7aa60ae9d7a42cddfbe5ed4df40b3c6727d');
insert into secret_names values ('global', '', '', 'TOKEN', 0, '9f5340a5-1ee5-4b01-a053-47f3e29bf86e');
insert into audit values (1, 1700000000000, 'vault.init', 'kit', '', '', '', '', 'passphrase', '', '', x'687f65ebe1604828966ac9b57ccd7972d00d175fe92da6d0c8db181d0666db55', x'779e142a6ada08fcc89fe8b5ca162c0ddc125bee158b7aa706fa8507cf453e85');
insert into audit values (2, 1700000001000, 'secret.create', 'kit', '9f5340a5-1ee5-4b01-a053-47f3e29bf86e', 'TOKEN', 'global', '', '', '', 'd190c4b0fa752ad7e8822236368a496101ec249f9498dd414da28b3b5a2f565f', x'b249a2f218569e9d614f0c7e42c7b7cdb04ebeed6d7a104e266472113198f59d', x'c26b85a1e316b4202dde2090889e991464ecbee2363e642a71fbcf9c3650faae');
