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
insert into vault values (1, '24cd6630-891a-43a5-bac8-737fdc3f3d41', 3, 1700000000000, 1700000000000, '{"type":"file","path":"kek.key"}', 'c8a268fa9ed6b02597138edbb0358a7a', '[]', null, null, x'9a89444fb9e532fac14e1a6721ac788d5f3eab6e7417c40bb0259d12771f3fdca1cb28c239b066f1b34cff6ce7412183c5f40a469d28a3e9d4086e25cc74b5b687201f930249cae6', 5, x'e41764f4106798e384d965cfcfb28ddeabf641b1af634de7de9cbae022fa348a', x'17988959daf5770b0e42e08437207ca253df1d744ed15b16e7f9048f855963ff3a7a42a6b2eae9ccf769a7a28ace5293425fdd6a5d778dc95478f2482c2426490433bf91a88f1309', '[]', x'289b5f7ecff464ea4a615741f535ac11a1f961e7c79735c922a216be0b66150b', 7, x'3e1a81b00166efec0cfa0b80efca49e4dcbc7bf08fcd6b635fc208f18c9557bc', x'7ae055595475ae5e9b06c14136cd5ce1b8f6a17a8a4c30f2b27ad06b6322b458');
insert into secrets values ('0c1b0dc2-0bfa-4256-88cd-df85cfe1b868', 'global', '', '', null, 2, 1700000001000, 1700000004000, null, 'c8a268fa9ed6b02597138edbb0358a7a', x'bfec03cf043d5f7f4bc84bc47560c1a48e78eb60d355b6b911bcf48e2a135d094e625274f1db5e7ca30fd44dd0e553620376030cfcf577d53f6a9a8899bf5fcc447d4e5c60b6af04');
insert into secret_values values ('0c1b0dc2-0bfa-4256-88cd-df85cfe1b868', x'0ec4ff9c971a7f7161ce69df5d41956647ae4a3d45e3581fff6a57825bc5a6b45618731f8a89e06c84de97');
insert into secret_names values ('global', '', '', 'TOKEN', 0, '0c1b0dc2-0bfa-4256-88cd-df85cfe1b868');
insert into attached_groups values ('0c1b0dc2-0bfa-4256-88cd-df85cfe1b868', 'W', 'G');
insert into audit values (4, 1700000003000, 'secret.use', 'kit', '0c1b0dc2-0bfa-4256-88cd-df85cfe1b868', 'TOKEN', 'global', 'global', '', '', '24b7a3337debcad2c53c0ebe369fdf8fa0b3e9060fe1f99b1d2cde69bb0c0036', x'72e6ee56a7695092aa00dc80bb1b6938ef6623c082455a9bb7511e70f636f180', x'1337f21611f833c485538f32b739dadb352287cdc97b9f40d455d9c69e54b92f');
insert into audit values (5, 1700000004000, 'secret.rotate', 'kit', '0c1b0dc2-0bfa-4256-88cd-df85cfe1b868', 'TOKEN', 'global', '', '', '24b7a3337debcad2c53c0ebe369fdf8fa0b3e9060fe1f99b1d2cde69bb0c0036', 'db0f2cba221e90719cef1743bf40731d3b21c654d20b7de9d2e901bef0de8194', x'e41764f4106798e384d965cfcfb28ddeabf641b1af634de7de9cbae022fa348a', x'9c9e9b3ae19b16c31007f4c833e61f7ead7f2cd07197163401cabb595ee63a11');
insert into audit values (6, 1700000005000, 'audit.prune', 'kit', '', '', '', '', 'removed 3 up to event 5', '', 'd70ea474affe618d8d4d7703c1e1b2e2ac2d5b9bc10b77718c5384fe8be1039a', x'2e18c3667283594bd98e983b7a866d67ff671489a942d65cebdbe84d3083fc4f', x'f44f4f99407012018f4e71552190a654a8055a409d499ccf95204847f34fcd0a');
insert into audit values (7, 1700000006000, 'vault.lock', 'kit', '', '', '', '', '', '', '', x'3e1a81b00166efec0cfa0b80efca49e4dcbc7bf08fcd6b635fc208f18c9557bc', x'');
