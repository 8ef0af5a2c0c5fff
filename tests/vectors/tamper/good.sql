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
insert into vault values (1, 'c0299f06-da34-4c0b-b03d-b09f1f44f765', 3, 1700000000000, 1700000000000, '{"type":"file","path":"kek.key"}', 'ab382954a47528f8e41b9e117ca23cf6', '[]', null, null, x'43c2e3530e41ab993ad42090beaed3c805c59ad0eb2c50d15f2e0d982dc01318842788da19472999a864848929e292a1f288e60a785dd85fc50ada6e9cd6e33746361ff0866cbc0e', 0, x'0000000000000000000000000000000000000000000000000000000000000000', x'82d803ad6444b88ffff1010bad542f2af1ef8faf05f2641692ca40ccb0e6a748901c031d71f550ae9b8361719e095a18351eedf9a73a43bc5d3a6b94c525fba5afb021b331a457e7', '[]', x'e8bb86932e6c80c9f73a1016cc3e4d62f67b5c649ef429fa92f400b54d123288', 10, x'0186ba5ae10d6387374ef11027f68e1e309923011b287d089e5f4e9392555ebe', x'acccaa3e600dbb909d0084bb2571fc24fa45bddb103bc565cc213d11ca7925ca');
insert into secrets values ('14534cc7-5b56-4fc2-946f-a040c5ed4d86', 'workspace', 'W', '', null, 2, 1700000002000, 1700000004000, 4000000000000, 'ab382954a47528f8e41b9e117ca23cf6', x'4bd28bd271efa9d58e6db58853b68488731c6389cd1dbf4f12c865db3b11ab1b7f0c47ab3da328b4e8486bc7fe1f7481f99dc6ad205fd44e2501140f853156ba3f00974b08b0652f');
insert into secrets values ('78a569b0-7e81-4b3a-a491-b9d09c9ac09e', 'global', '', '', 'openai', 1, 1700000001000, 1700000005000, null, 'ab382954a47528f8e41b9e117ca23cf6', x'ee9322a074f134e936ca48a002ca5ab3e65df2be054e16e7d091a710ab936afa80e63e5ef82e1e6d7f36da3136429cc083cde29dad5c550ef6f6f4397a4e4419303321152dfa4d00');
insert into secret_values values ('14534cc7-5b56-4fc2-946f-a040c5ed4d86', x'04e89e29ab21fe913673f6a4b1bdda87ba1b59bf12e301abeafb933e6a5c7c21025429433e19628c3567c8');
insert into secret_values values ('78a569b0-7e81-4b3a-a491-b9d09c9ac09e', x'd3cc4b90a84cbed6423b5a211a1efdc67d7fcd53693255a4dfda8f56a32958209493c88000c038209215c09bfc01686f1240');
insert into secret_names values ('global', '', '', 'OPENAI_API_KEY', 0, '78a569b0-7e81-4b3a-a491-b9d09c9ac09e');
insert into secret_names values ('global', '', '', 'clé 🔑', 1, '78a569b0-7e81-4b3a-a491-b9d09c9ac09e');
insert into secret_names values ('global', '', '', 'openai', 1, '78a569b0-7e81-4b3a-a491-b9d09c9ac09e');
insert into secret_names values ('workspace', 'W', '', 'TOKEN', 0, '14534cc7-5b56-4fc2-946f-a040c5ed4d86');
insert into attached_groups values ('78a569b0-7e81-4b3a-a491-b9d09c9ac09e', 'W', 'G');
insert into audit values (1, 1700000000000, 'vault.init', 'kit', '', '', '', '', 'file', '', '', x'e8280a63928c9b8491e1c09db3bd27edb6deda06ef38ac63f7e83e8e8b211a25', x'cfcfd87dab9d56d550cea64ac9b9548da1a705869cf111a51bb42f3c0ef340f1');
insert into audit values (2, 1700000001000, 'secret.create', 'kit', '78a569b0-7e81-4b3a-a491-b9d09c9ac09e', 'OPENAI_API_KEY', 'global', '', '', '', '158f9c7bafd20c293a5bcffe82c0a15dcdeacb6c33c87ab3c37d19bc286a6757', x'3695ce7f33a4307849fc4cf88ee876b82e42fe88aa95f503be1b3baa4e953472', x'c044f33a7db2d8b72a713813a1731b92da68c5dba50d6ef54f08e8ba58aa94ed');
insert into audit values (3, 1700000002000, 'secret.create', 'kit', '14534cc7-5b56-4fc2-946f-a040c5ed4d86', 'TOKEN', 'workspace W', '', '', '', '24e9a8ea63f5f06cbbb65f24132fea999830409c35badc1f6945089c3660285e', x'b1fc60dc5dedc0351166c07eb70074d8921af0d592900fdbb73b229ef695bc37', x'f1f5168714463868d1e3f97e2fa67bdd4229a1ffcae74e2537ce3d79fcd4e92c');
insert into audit values (4, 1700000003000, 'secret.create', 'kit', 'f6de404e-e3b3-465d-98a6-e894ebc7f4db', 'GONE', 'global', '', '', '', '149b85ca3a8e93bd7cf3e302c889fe694d8970c210649380dabc0b5813eca108', x'b6e85034383be8eb8665989ba738c097857e91e88875b2839bfbab4628c56c11', x'132afbee047706f3792fa4e2d5b20b0dc014ea5f39e47219d7a49f5a5b7d65e5');
insert into audit values (5, 1700000004000, 'secret.rotate', 'kit', '14534cc7-5b56-4fc2-946f-a040c5ed4d86', 'TOKEN', 'workspace W', '', '', '24e9a8ea63f5f06cbbb65f24132fea999830409c35badc1f6945089c3660285e', '79bdfee9242d6ec1afa26912de9986aa6e5af88d587215a9aac2e48e96fc03fd', x'1d40c76a9deed392c08d3c7c1f778f48c0e76d0b212cd7bf59ffe4fc9636cb29', x'c550a01fe26eedafe75fedc6a3cfda2362d3a3ca96e1739aec212c387dae0ab5');
insert into audit values (6, 1700000005000, 'secret.attach-group', 'kit', '78a569b0-7e81-4b3a-a491-b9d09c9ac09e', 'OPENAI_API_KEY', 'global', '', 'group W/G', '158f9c7bafd20c293a5bcffe82c0a15dcdeacb6c33c87ab3c37d19bc286a6757', '6376aef210a827cb10691898277ed0ff989467a4e0eefde9f9d02dd1631259ba', x'91d1ef3c1ee1cd71e031f5d5b5ab50618f35e486eb8d6cb72480cff8c4d6d1ae', x'9a2e83eec653779880aa87a05b6a2d5fdb5b44d99161433582ba4f7bfa04518e');
insert into audit values (7, 1700000006000, 'secret.use', 'kit', '78a569b0-7e81-4b3a-a491-b9d09c9ac09e', 'OPENAI_API_KEY', 'global', 'group W/G', '', '', '6376aef210a827cb10691898277ed0ff989467a4e0eefde9f9d02dd1631259ba', x'38919871765047ed003a44601e796ac34dd62ecd644979b9bfe91d406160ac5a', x'79834618b2aa96b9f122a1e2529296fc71b018f4c1364efc3f8420c6a7f040a6');
insert into audit values (8, 1700000007000, 'secret.use.denied', 'kit', '78a569b0-7e81-4b3a-a491-b9d09c9ac09e', 'OPENAI_API_KEY', 'global', 'group X/Y', 'context', '', '6376aef210a827cb10691898277ed0ff989467a4e0eefde9f9d02dd1631259ba', x'e3f16fbc533077246fafbf1d52dac1777cb9faaa6345fc7af0d0b885fda8c0b2', x'1eebd10acec8cf7fdd982b851c75a575ec8b416c4c3be859ba613710fc7a0ba6');
insert into audit values (9, 1700000008000, 'vault.lock', 'kit', '', '', '', '', '', '', '', x'c7baf6dc24b5dd7145c6c145940acfee1beff85b782592fa200ced18f9ca6b47', x'');
insert into audit values (10, 1700000009000, 'secret.delete', 'kit', 'f6de404e-e3b3-465d-98a6-e894ebc7f4db', 'GONE', 'global', '', '', '', 'b2edaaece1e5c26c5bf908a913be1d349586ea42bdf5df84c337977f7893b5d7', x'0186ba5ae10d6387374ef11027f68e1e309923011b287d089e5f4e9392555ebe', x'0b29c489f888242ba1aec64b6daa09f259600d9ae2e8e1a0e130cd33ecb10bd4');
