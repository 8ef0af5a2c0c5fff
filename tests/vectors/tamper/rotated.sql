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
insert into vault values (1, '15e730e3-19e2-4032-b2a4-9876179b4ea5', 3, 1700000000000, 1700000007000, '{"type":"file","path":"kek.key"}', 'a18e38b7a0eca3c1ed0375a592deae32', '["60093b2a11aeef9187ee84b768c19837","251fdddd9ede50142551102a271f200a"]', null, null, x'b080a62aaf1be77e4b2ab651ee7a1fb5e488e34ab6a4ec91323699be2b762bfe227bf92f5c01da6694a28d53841e0aa2caca70c695d458529ed6cf26c16498ad642dd1273046b1a9', 0, x'0000000000000000000000000000000000000000000000000000000000000000', x'7990b3e540555d8546ce3bedd5ba45fb9888709e34f1ebe7b40a0a97dd614a39150fd6536f74040a560b88886210ff9de3b610767bf38c8575217dae43b97da18bf0bc9c91b3fe63', '[{"throughSeq":4,"sealed":"dUCTwehfr86tFeO+7w1J3EdxD+HTkVl+Knjto02E7ezKuXENwMqIRYtMmVbbbKs/VSF1I3Tt41z55DLWUk7XgL31uMqOh1Ji"},{"throughSeq":2,"sealed":"CAOS92zUsgVQt8J9sg4RgcYZZpLCz1lXKB9KkymB/lhmigPrwehslTNrhUvSr42PPNtHo9BI14/Nyd13+GXGKP9fBsj+J6US"}]', x'f2543247bbcdcc5a4086e4052c218ceb4c69bf9a5c79786b81136745e74fd469', 6, x'30433d80fbcc7cdb9c1f65bf073dc60bdefdd73d4ba1724d741dee2b5fa86f08', x'f314d42962f0ca65031b1bd388c6d4d07372a7f8bd2d71bb1fc7bf29dd016057');
insert into secrets values ('e80d110e-4808-4260-940f-a82d2340b5b7', 'global', '', '', null, 2, 1700000001000, 1700000005000, null, 'a18e38b7a0eca3c1ed0375a592deae32', x'229ffab476b89ede0e184429a6776562a3f3ee5cf22e50cf7ce402d5fb7823d6afb3fe28b1fe3ed98f42f7511eaf96aa40862f628b879103a0740e20d64536ef69eae9640c04f42e');
insert into secret_values values ('e80d110e-4808-4260-940f-a82d2340b5b7', x'0d0b6f8c702dddc40d232dfc926b67e8e38308a86eee752a6b9281c9cd0c60ff8517bdc4892e69992b6729');
insert into secret_names values ('global', '', '', 'TOKEN', 0, 'e80d110e-4808-4260-940f-a82d2340b5b7');
insert into audit values (1, 1700000000000, 'vault.init', 'kit', '', '', '', '', 'file', '', '', x'cab89f45d20cb429d1bf05d474ea889b6b3d15d476bdf638bf1313569a131152', x'206673ad3b897e840bc6c47db394e500d82da8229e8ff56b553b2280103efb4c');
insert into audit values (2, 1700000001000, 'secret.create', 'kit', 'e80d110e-4808-4260-940f-a82d2340b5b7', 'TOKEN', 'global', '', '', '', '745792dceba4d18af37cea7190dfde90f44c2f9e916a2392094f909d06898a90', x'df94fb024ba7e35d914399c6eb510c2ed27ee6a254fb4cf42b10159117ea4f4a', x'a0de2ff593b45812fa69befbbef6109f04f9532b70eb327c629f1893de7957e8');
insert into audit values (3, 1700000003000, 'vault.rotate-master', 'kit', '', '', '', '', 'file to file', '', '', x'a4a7e71370d9b194b0d1a32065082e5a1cef7bbf044257433d03d9b1005dc940', x'fff9496bf3cb54a869bdf8c245a3ff38367a7f56a1ba3c0528eda15cac910f5d');
insert into audit values (4, 1700000005000, 'secret.rotate', 'kit', 'e80d110e-4808-4260-940f-a82d2340b5b7', 'TOKEN', 'global', '', '', '745792dceba4d18af37cea7190dfde90f44c2f9e916a2392094f909d06898a90', '86d63fcf832e461e1166e76c4fb33f1fa970bf4a034e390940aafd925ed5b4d2', x'e0a63337db37aa8ee7052bfaf221d03bdd37aef38952984e0b7b44c4dbb52b71', x'b362ac0117a9593d8061be13da7d5a7fef704d58002dcdd921962d51f084b6ce');
insert into audit values (5, 1700000007000, 'vault.rotate-master', 'kit', '', '', '', '', 'file to file', '', '', x'cbb9a458647c1c601fd4178f049e4b68dcbb2ab1965d6d8a63cf6488e8702e3c', x'1feca0e66a6fc5c5e410d05673290f371c2e042377ab9c163a4034d5b1a2f46c');
insert into audit values (6, 1700000009000, 'secret.use', 'kit', 'e80d110e-4808-4260-940f-a82d2340b5b7', 'TOKEN', 'global', 'global', '', '', '86d63fcf832e461e1166e76c4fb33f1fa970bf4a034e390940aafd925ed5b4d2', x'30433d80fbcc7cdb9c1f65bf073dc60bdefdd73d4ba1724d741dee2b5fa86f08', x'726031a70dcc17578a01abc56888f13d062b261f7885de2151082fe8ae2d982e');
