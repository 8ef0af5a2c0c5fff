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
insert into vault values (1, 'c42bb61b-4835-43d6-83d0-2d9585e9c265', 3, 1700000000000, 1700000007000, '{"type":"file","path":"kek.key"}', 'd0f1d183d261d7f7e28d99da28619499', '["3d4f1a0e528c5ef6d134c46b706023b2","156b37bb8ce72fcef08a81a2186373a2"]', null, null, x'b080a62aaf1be77e4b2ab651ee7a1fb5e488e34ab6a4ec91323699be2b762bfe227bf92f5c01da6694a28d53841e0aa2caca70c695d4585290528fd8225ad6459a8d004282169579', 0, x'0000000000000000000000000000000000000000000000000000000000000000', x'7990b3e540555d8546ce3bedd5ba45fb9888709e34f1ebe7b40a0a97dd614a39150fd6536f74040a560b88886210ff9de3b610767bf38c8588d78d42d24686e182ea5b956d92b87a', '[{"throughSeq":4,"sealed":"dUCTwehfr86tFeO+7w1J3EdxD+HTkVl+Knjto02E7ezKuXENwMqIRYtMmVbbbKs/VSF1I3Tt41ywwJSoPkUiAqt0Ug3AHwm0"},{"throughSeq":2,"sealed":"CAOS92zUsgVQt8J9sg4RgcYZZpLCz1lX+dPMa3hWfbwX/rYIU5rgVdioPYmCzpR3+F1dKaXg8uzvx6wQcvo8ls/B9L0mseva"}]', x'7714ace09cc5b5bf4e5f131ca33d7f4cea52c2df3e97b2f2212ffb23abc7b37d', 6, x'f2e9e761c040a76b3b09a2a8ddfaabdb18e4f341eb303952d79d0eac907fad3e', x'f314d42962f0ca65031b1bd388c6d4d07372a7f8bd2d71bb1fc7bf29dd016057');
insert into secrets values ('e80d110e-4808-4260-940f-a82d2340b5b7', 'global', '', '', null, 2, 1700000001000, 1700000005000, null, 'd0f1d183d261d7f7e28d99da28619499', x'229ffab476b89ede0e184429a6776562a3f3ee5cf22e50cf7ce402d5fb7823d6afb3fe28b1fe3ed98f42f7511eaf96aa40862f628b879103dcde8c5c8b775b8b0150acc61828e946');
insert into secret_values values ('e80d110e-4808-4260-940f-a82d2340b5b7', x'0d0b6f8c702dddc40d232dfc926b67e8e38308a86eee752a6b928118cb0c6580a6d7cbc12fd77899503934');
insert into secret_names values ('global', '', '', 'TOKEN', 0, 'e80d110e-4808-4260-940f-a82d2340b5b7');
insert into audit values (1, 1700000000000, 'vault.init', 'kit', '', '', '', '', 'file', '', '', x'e5f1218bc6a8f24e059831d64fe612361cf253c9f5f926b4f0f537467d464b34', x'a24e8b6e9e2c3a2c91950d0cea53f94c4694a8fab0b3d7f94b4ada2ed3852775');
insert into audit values (2, 1700000001000, 'secret.create', 'kit', 'e80d110e-4808-4260-940f-a82d2340b5b7', 'TOKEN', 'global', '', '', '', 'f41fb2ed5ba4fe39b782d6702069bb0b68c9d3a35b31b4fdcdd892341b10d4d3', x'455359db2fd1ac6c7eafe44d62a432407b60791a461e809c4e20e55b50eabf6e', x'f7288e2553729d819606652e548175a1e925951c29b5a7c69bdbcb7b866e285a');
insert into audit values (3, 1700000003000, 'vault.rotate-master', 'kit', '', '', '', '', 'file to file', '', '', x'8c92836ee6d1e0488ffa4f59c3c926827523a07da896b67da4399401f8c7cb44', x'3461dca582e9599f1ca5d80d921d9878d13783bc136929f17505f5b43f749642');
insert into audit values (4, 1700000005000, 'secret.rotate', 'kit', 'e80d110e-4808-4260-940f-a82d2340b5b7', 'TOKEN', 'global', '', '', 'f41fb2ed5ba4fe39b782d6702069bb0b68c9d3a35b31b4fdcdd892341b10d4d3', '9ebea2dbc9e5d2b33f89e17ed4ce410aa09ff88c8ac75cb4832855b0c5a07816', x'52164b43e07fb1779e0f8c1d9b548ea3a83a3c734b090e3602fb4b62373876ff', x'6286025a87a947e3cb3421399d8ae63b1b24082db79f2e84c3137a9513b41379');
insert into audit values (5, 1700000007000, 'vault.rotate-master', 'kit', '', '', '', '', 'file to file', '', '', x'2cd28ff6bc5e042490b54e1797cdfcb30730443766aff732af991b151ed68153', x'53a15fff87bbd0ba0759da5d63acac527561d3ee6293f68178e1effb7f8f55c6');
insert into audit values (6, 1700000009000, 'secret.use', 'kit', 'e80d110e-4808-4260-940f-a82d2340b5b7', 'TOKEN', 'global', 'global', '', '', '9ebea2dbc9e5d2b33f89e17ed4ce410aa09ff88c8ac75cb4832855b0c5a07816', x'f2e9e761c040a76b3b09a2a8ddfaabdb18e4f341eb303952d79d0eac907fad3e', x'3dfa28cdd49ce44d29b3bbfd0a9cf832510f5ff2eb13b42ee4b581eed9b7561a');
