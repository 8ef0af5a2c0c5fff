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
insert into vault values (1, '89a21b35-4bfe-43c1-abd6-e23f262d562e', 3, 1700000000000, 1700000000000, '{"type":"file","path":"kek.key"}', '7de2d680eef0bd8f9fc97a962f7961d4', '[]', null, null, x'43c2e3530e41ab993ad42090beaed3c805c59ad0eb2c50d15f2e0d982dc01318842788da19472999a864848929e292a1f288e60a785dd85f5bfc633d089800110f1e56367f9abbf3', 0, x'0000000000000000000000000000000000000000000000000000000000000000', x'82d803ad6444b88ffff1010bad542f2af1ef8faf05f26416db41c4ff212cc882cbf751bd489cf1e553e094db72786e5f9145186f7ac340c65a935ac5ac21e890ad8aeaaa7f0b7fd6', '[]', x'55007063198cf0d407360809af4bea7d2f169a98d4075936bab463f640f547f1', 10, x'2ff43a1b5e670a364e732fa7fb1b0ace7c6f17e4aa68328a0b4f3d4492822cb0', x'acccaa3e600dbb909d0084bb2571fc24fa45bddb103bc565cc213d11ca7925ca');
insert into secrets values ('14534cc7-5b56-4fc2-946f-a040c5ed4d86', 'workspace', 'W', '', null, 2, 1700000002000, 1700000004000, 4000000000000, '7de2d680eef0bd8f9fc97a962f7961d4', x'4bd28bd271efa9d58e6db58853b68488731c6389cd1dbf4f12c865db3b11ab1b7f0c47ab3da328b4e8486bc7fe1f7481f99dc6ad205fd44edab8f2e06beae6133736c5dbc5946d85');
insert into secrets values ('78a569b0-7e81-4b3a-a491-b9d09c9ac09e', 'global', '', '', 'openai', 1, 1700000001000, 1700000005000, null, '7de2d680eef0bd8f9fc97a962f7961d4', x'ee9322a074f134e936ca48a002ca5ab3e65df2be054e16e7d091a710ab936afa80e63e5ef82e1e6d7f36da3136429cc083cde29dad5c550ecf8d8f5dece4f177e5437517dbe13f5b');
insert into secret_values values ('14534cc7-5b56-4fc2-946f-a040c5ed4d86', x'04e89e29ab21fe913673f6a4b1bdda87ba1b59bf12e301abeafb9340fc7bc9ebbec56187e2a8c6ef229355');
insert into secret_values values ('78a569b0-7e81-4b3a-a491-b9d09c9ac09e', x'd3cc4b90a84cbed6423b5a211a1efdc67d7fcd53693255a4dfda8f56a32958209493702852ec00e404c2ae171f01a8c2a74a');
insert into secret_names values ('global', '', '', 'OPENAI_API_KEY', 0, '78a569b0-7e81-4b3a-a491-b9d09c9ac09e');
insert into secret_names values ('global', '', '', 'clé 🔑', 1, '78a569b0-7e81-4b3a-a491-b9d09c9ac09e');
insert into secret_names values ('global', '', '', 'openai', 1, '78a569b0-7e81-4b3a-a491-b9d09c9ac09e');
insert into secret_names values ('workspace', 'W', '', 'TOKEN', 0, '14534cc7-5b56-4fc2-946f-a040c5ed4d86');
insert into attached_groups values ('78a569b0-7e81-4b3a-a491-b9d09c9ac09e', 'W', 'G');
insert into audit values (1, 1700000000000, 'vault.init', 'kit', '', '', '', '', 'file', '', '', x'888da7d796701135ea6c2dd68ba38a622bd38f57d73b7e57452d6db8c60f2d96', x'aae6bf723362f071f8e09bae5cc04911f2f71037ba446f20132d20e9b974e311');
insert into audit values (2, 1700000001000, 'secret.create', 'kit', '78a569b0-7e81-4b3a-a491-b9d09c9ac09e', 'OPENAI_API_KEY', 'global', '', '', '', '7958166ce06a70a12ccc5574d812b58c8c303ed47fcc59502a9411862c827f47', x'ff23f906c74e6860561f263c0bd5d6b1643ff6ce38481fdcb2daf25a09488b0e', x'203e67d6f61293625789f643d4aeb9e4013c65659542629cba430b4f00ed95a2');
insert into audit values (3, 1700000002000, 'secret.create', 'kit', '14534cc7-5b56-4fc2-946f-a040c5ed4d86', 'TOKEN', 'workspace W', '', '', '', '4203f05a20f6829665072cc5623f5279da848c1af2e9ffffd29d696941e9d6df', x'bcd21e4388f059fd26115d7a17ee5fc748d4fae5974065ede345e976339d97d6', x'ecc5311fa7e0e793745428591aab0d0cdfb03cd04158a7b4250af552b065531e');
insert into audit values (4, 1700000003000, 'secret.create', 'kit', 'f6de404e-e3b3-465d-98a6-e894ebc7f4db', 'GONE', 'global', '', '', '', '9b5f7c359ac87736f16429051af26af8c21c0dba91bde819e857ab4e6272adba', x'1ddcd5a44ee94150bd45d6443a1111eb810e03d0fa510f2ff327c2f563783d17', x'ca616216950d00733a63bd0276a3993ad1602a1540a54b3b22a54553396a52a2');
insert into audit values (5, 1700000004000, 'secret.rotate', 'kit', '14534cc7-5b56-4fc2-946f-a040c5ed4d86', 'TOKEN', 'workspace W', '', '', '4203f05a20f6829665072cc5623f5279da848c1af2e9ffffd29d696941e9d6df', '0f0667692fb8902c77760f11c72f7c4d0989ee0b190f44d3bcd151f1507f4783', x'e8c2a4c9991f2cc3f935c39eef7fe5a60f07cf1d5eb0561b879bf719c71594c4', x'c476dff935c8ee924ee4f9669894a8362e76c089361c2b02005024aff0121184');
insert into audit values (6, 1700000005000, 'secret.attach-group', 'kit', '78a569b0-7e81-4b3a-a491-b9d09c9ac09e', 'OPENAI_API_KEY', 'global', '', 'group W/G', '7958166ce06a70a12ccc5574d812b58c8c303ed47fcc59502a9411862c827f47', 'dd0e608d4c1a77d1993892aabb93c24e83b68b67ad701891f20cfbc24d9b1e64', x'6f94de32a1e9c7e5516cb728a2f216c75f6f2f7e5b9822162579b1f50bbc0ccb', x'572d5025e31447ea3a404d652b49d908d5f1970a79816692312529248385440e');
insert into audit values (7, 1700000006000, 'secret.use', 'kit', '78a569b0-7e81-4b3a-a491-b9d09c9ac09e', 'OPENAI_API_KEY', 'global', 'group W/G', '', '', 'dd0e608d4c1a77d1993892aabb93c24e83b68b67ad701891f20cfbc24d9b1e64', x'3c98560c89dd18c9c31cba6dfac1c0a55390aafd9588db3c4b08f484416e956b', x'd2c11be485f22e4823f6d112d2ceb60dbeeab1825cc0f0618bc15df036358e73');
insert into audit values (8, 1700000007000, 'secret.use.denied', 'kit', '78a569b0-7e81-4b3a-a491-b9d09c9ac09e', 'OPENAI_API_KEY', 'global', 'group X/Y', 'context', '', 'dd0e608d4c1a77d1993892aabb93c24e83b68b67ad701891f20cfbc24d9b1e64', x'6bb52789f38fd8473b96557152239a17c971a4b36ba0ab91658f03c7492c294d', x'8c056e0de1ea25bdc689bf2c443fd25e7ba66104d690b387638fe930a21e9053');
insert into audit values (9, 1700000008000, 'vault.lock', 'kit', '', '', '', '', '', '', '', x'fa3437cc6117a39df98f55c7841c697853d8594109927b63992aa8f9ddfd7b1f', x'');
insert into audit values (10, 1700000009000, 'secret.delete', 'kit', 'f6de404e-e3b3-465d-98a6-e894ebc7f4db', 'GONE', 'global', '', '', '', 'b2edaaece1e5c26c5bf908a913be1d349586ea42bdf5df84c337977f7893b5d7', x'2ff43a1b5e670a364e732fa7fb1b0ace7c6f17e4aa68328a0b4f3d4492822cb0', x'e375488ff80f750dddef0ce233eac2051d0a0a52e116a7a27bfa482c823899cc');
