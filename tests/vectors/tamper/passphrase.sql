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
insert into vault values (1, '54ba6e9c-6550-447f-8307-8e8217d33502', 3, 1700000000000, 1700000000000, '{"type":"passphrase","kdf":{"algorithm":"argon2id","version":19,"memoryKiB":8192,"iterations":1,"parallelism":1,"salt":"Z6Ed0iYKlOwsRNIaVyS0bA=="}}', 'a8dd0978d9c4660216fed8c605bf0c05', '[]', null, null, x'db2a01eb8c96cece8eb39c59d73a2a32efb955434500f418f373b5748a831be583817d348a5e82b8115c20e8d6f9b045ff4ac3ec5bf95074af5363687d3f0a667b4f4ad6ed1d053a', 0, x'0000000000000000000000000000000000000000000000000000000000000000', x'c608fab43d34e7f3ff7393a37dbd7212bec53c6a6fe99b99c5332a888394bd0f2fc7901fe859d6330d85eb38a30cb7f711a8f1ba083851d6d68a98cd7c3f46496e625d51d716d337', '[]', x'81ff63fbdc47da7929cc3e5c74b42a9fcc798330d1476ab49d849c6fe0aa3fb3', 2, x'7c05a563ec04487630b047aa812d139512548e1e8550208ff56275e93b1cb1e5', x'd557d77360ab0446cf6b38d4c488c8bf49efe3386939eb864e5b8b8f79904d66');
insert into secrets values ('9f5340a5-1ee5-4b01-a053-47f3e29bf86e', 'global', '', '', null, 1, 1700000001000, 1700000001000, null, 'a8dd0978d9c4660216fed8c605bf0c05', x'62e6320b4d971660c0026592fef9a0a7a71a6fc0d7e38fb8b884900b574c594a856ec9c71b916de23094886061301e8ca63f11bbe21dc77387683860fad735ec50030dd20bfc5bcb');
insert into secret_values values ('9f5340a5-1ee5-4b01-a053-47f3e29bf86e', x'66caee15569434053c17814844734feb96d7b1bcb589b2403cc7aa64e6f621dc86a5776c16ab805b551dda');
insert into secret_names values ('global', '', '', 'TOKEN', 0, '9f5340a5-1ee5-4b01-a053-47f3e29bf86e');
insert into audit values (1, 1700000000000, 'vault.init', 'kit', '', '', '', '', 'passphrase', '', '', x'cd89c94f8725460b683e28de33d3c51c2cdada1da64df86249211c9bf51fbea8', x'15a7fde69c98b131377d075d8dd4a23f8ee2a60c215bebb86cee2e6ebd054957');
insert into audit values (2, 1700000001000, 'secret.create', 'kit', '9f5340a5-1ee5-4b01-a053-47f3e29bf86e', 'TOKEN', 'global', '', '', '', '8032e77043b70ad62d46c3c09483d70f08ea9ed64919d2dd5661d20f3cba6c69', x'7c05a563ec04487630b047aa812d139512548e1e8550208ff56275e93b1cb1e5', x'f0c53303d0ff10920b13349b476d99c44c056b80b29de58aa6afe45dfadfafc4');
