/**
 * Who may use what: the vault against the table of the design, written down here a second time.
 */
import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { hasCode } from "../../lib/errors.ts";
import { MemoryStore } from "../../lib/vault/memory_store.ts";
import type { Group, Scope, UseContext } from "../../lib/vault/secrets/scope.ts";
import type { Vault } from "../../lib/vault/vault.ts";
import { initVault, utf8 } from "../helpers/vaults.ts";

/** A secret as the model sees it: plain data, no code of the vault. */
interface Modelled {
  readonly scope: Scope;
  readonly name: string;
  readonly aliases: readonly string[];
  readonly attached: readonly Group[];
}

interface Place {
  readonly workspace: string;
  readonly group: string;
}

type Rule = "global" | "the workspace's" | "the group's" | "attached to the group";

/** What each rule lets in. A place has empty texts where the context names nothing. */
const RULES: Readonly<Record<Rule, (secret: Modelled, here: Place) => boolean>> = {
  "global": ({ scope }) => scope.kind === "global",
  "the workspace's": ({ scope }, { workspace }) =>
    scope.kind === "workspace" && scope.workspaceId === workspace,
  "the group's": ({ scope }, { workspace, group }) =>
    scope.kind === "group" && scope.workspaceId === workspace && scope.groupId === group,
  "attached to the group": ({ attached }, { workspace, group }) =>
    attached.some((g) => g.workspaceId === workspace && g.groupId === group),
};

/** The table of the design: what a context may use, and in which order a name is looked up. */
const TABLE: Readonly<Record<"none" | "workspace" | "group", readonly Rule[]>> = {
  none: ["global"],
  workspace: ["the workspace's", "global"],
  group: ["the group's", "attached to the group", "the workspace's"],
};

type Expected = { index: number } | "ACCESS_DENIED" | "NOT_FOUND" | "INVALID_INPUT";

function rulesFor(context: UseContext): { rules: readonly Rule[]; here: Place } {
  const here = { workspace: context.workspaceId ?? "", group: context.groupId ?? "" };
  const kind = here.group !== "" ? "group" : here.workspace !== "" ? "workspace" : "none";
  return { rules: TABLE[kind], here };
}

function expectedById(secret: Modelled, index: number, context: UseContext): Expected {
  const { rules, here } = rulesFor(context);
  return rules.some((rule) => RULES[rule](secret, here)) ? { index } : "ACCESS_DENIED";
}

function expectedByName(all: readonly Modelled[], name: string, context: UseContext): Expected {
  const { rules, here } = rulesFor(context);
  const bears = ({ name: own, aliases }: Modelled) => own === name || aliases.includes(name);
  for (const rule of rules) {
    const matches = all.flatMap((secret, index) =>
      bears(secret) && RULES[rule](secret, here) ? [{ index }] : []
    );
    // Only attached secrets can be several of one name: they come from several scopes.
    if (matches.length > 1) return "INVALID_INPUT";
    if (matches[0] !== undefined) return matches[0];
  }
  // A global secret that the group may not use is refused by name, and on record, not denied to exist.
  const isGlobal = all.some((secret) => bears(secret) && secret.scope.kind === "global");
  return isGlobal ? "ACCESS_DENIED" : "NOT_FOUND";
}

const WORKSPACES = ["W1", "W2"];
const GROUPS: readonly Group[] = WORKSPACES.flatMap((workspaceId) =>
  ["G1", "G2"].map((groupId) => ({ workspaceId, groupId }))
);
const CONTEXTS: readonly UseContext[] = [
  {},
  ...WORKSPACES.map((workspaceId) => ({ workspaceId })),
  ...GROUPS,
];
const SCOPES: readonly Scope[] = [
  { kind: "global" },
  ...WORKSPACES.map((workspaceId) => ({ kind: "workspace", workspaceId }) as const),
  ...GROUPS.map((group) => ({ kind: "group", ...group }) as const),
];
const NAMES = ["A", "B", "C"];

/** Groups that a secret of this scope can be attached to: any for a global one, its workspace's else. */
const attachable = (scope: Scope): readonly Group[] =>
  scope.kind === "global"
    ? GROUPS
    : GROUPS.filter(({ workspaceId }) => workspaceId === scope.workspaceId);

const modelled: fc.Arbitrary<Modelled> = fc.constantFrom(...SCOPES).chain((scope) =>
  fc.record({
    scope: fc.constant(scope),
    name: fc.constantFrom(...NAMES),
    aliases: fc.subarray(NAMES, { maxLength: 1 }),
    attached: fc.subarray([...attachable(scope)]),
  })
).filter(({ name, aliases }) => !aliases.includes(name));

/** Secrets of which no two bear one name in one scope. */
const modelledVault: fc.Arbitrary<Modelled[]> = fc.array(modelled, { minLength: 1, maxLength: 7 })
  .map((secrets) => {
    const taken = new Set<string>();
    return secrets.filter(({ scope, name, aliases }) => {
      const keys = [name, ...aliases].map((text) => JSON.stringify([scope, text]));
      if (keys.some((key) => taken.has(key))) return false;
      for (const key of keys) taken.add(key);
      return true;
    });
  });

async function build(secrets: readonly Modelled[]): Promise<{ vault: Vault; ids: string[] }> {
  const vault = await initVault({ store: new MemoryStore() });
  const ids: string[] = [];
  for (const [index, { scope, name, aliases, attached }] of secrets.entries()) {
    const { id } = await vault.create({ name, aliases, scope, value: utf8(`value ${index}`) });
    for (const group of attached) await vault.attachGroup(id, group);
    ids.push(id);
  }
  return { vault, ids };
}

/** What the vault does: which value it lends, or why it refuses. */
async function outcome(vault: Vault, ref: string, context: UseContext): Promise<Expected> {
  try {
    const text = await vault.use(ref, context, (value) => new TextDecoder().decode(value));
    return { index: Number(text.replace("value ", "")) };
  } catch (error) {
    for (const code of ["ACCESS_DENIED", "NOT_FOUND", "INVALID_INPUT"] as const) {
      if (hasCode(error, code)) return code;
    }
    throw error;
  }
}

const SEED = { seed: 20_231_114, numRuns: 60 };

test("use() by id lends in every context what the access table lists, and nothing else", {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(modelledVault, async (secrets) => {
      const { vault, ids } = await build(secrets);
      for (const context of CONTEXTS) {
        for (const [index, secret] of secrets.entries()) {
          const expected = expectedById(secret, index, context);
          const ref = index % 2 === 0 ? ids[index] ?? "" : `vault:secret:${ids[index]}`;
          assert.deepEqual(await outcome(vault, ref, context), expected);
        }
      }
    }),
    SEED,
  );
});

test("use() by name or alias lends the first match in the order of the access table", {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(modelledVault, async (secrets) => {
      const { vault } = await build(secrets);
      for (const context of CONTEXTS) {
        for (const name of NAMES) {
          const expected = expectedByName(secrets, name, context);
          assert.deepEqual(await outcome(vault, name, context), expected);
        }
      }
    }),
    SEED,
  );
});

test("detachGroup() never widens access: what could not be used before cannot be used after", {
  timeout: 120_000,
}, async () => {
  const usable = async (vault: Vault, ids: readonly string[]): Promise<Set<string>> => {
    const found = new Set<string>();
    for (const context of CONTEXTS) {
      for (const id of ids) {
        if (typeof await outcome(vault, id, context) === "object") {
          found.add(JSON.stringify([id, context]));
        }
      }
    }
    return found;
  };
  await fc.assert(
    fc.asyncProperty(modelledVault, fc.nat(), fc.nat(), async (secrets, one, other) => {
      const { vault, ids } = await build(secrets);
      const before = await usable(vault, ids);
      const id = ids[one % ids.length] ?? "";
      const group = GROUPS[other % GROUPS.length] ?? { workspaceId: "W1", groupId: "G1" };
      await vault.detachGroup(id, group);
      const after = await usable(vault, ids);
      assert.deepEqual([...after].filter((pair) => !before.has(pair)), []);
      const lost = [...before].filter((pair) => !after.has(pair));
      assert.ok(
        lost.every((pair) => pair === JSON.stringify([id, group])),
        "only that group loses",
      );
    }),
    { ...SEED, numRuns: 40 },
  );
});

test("use() never lends a secret of one workspace in another, whatever is attached", async () => {
  await fc.assert(
    fc.asyncProperty(modelledVault, async (secrets) => {
      const { vault, ids } = await build(secrets);
      for (const [index, { scope }] of secrets.entries()) {
        if (scope.kind === "global") continue;
        for (const context of CONTEXTS.filter((c) => c.workspaceId !== scope.workspaceId)) {
          assert.equal(await outcome(vault, ids[index] ?? "", context), "ACCESS_DENIED");
        }
      }
    }),
    { ...SEED, numRuns: 30 },
  );
});

test("attachGroup() refuses a group of another workspace than the secret's, changing nothing", async () => {
  const vault = await initVault({ store: new MemoryStore() });
  for (const scope of SCOPES) {
    if (scope.kind === "global") continue;
    const { id } = await vault.create({ name: "A", scope, value: utf8("a") });
    for (const group of GROUPS.filter((g) => g.workspaceId !== scope.workspaceId)) {
      await assert.rejects(vault.attachGroup(id, group), { code: "INVALID_INPUT" });
      assert.equal(await outcome(vault, id, group), "ACCESS_DENIED");
    }
    assert.deepEqual((await vault.show(id)).attachedGroups, []);
  }
});

test("use() in a group refuses a global secret, by name and by id, until it is attached to that group", async () => {
  const vault = await initVault({ store: new MemoryStore() });
  const { id } = await vault.create({ name: "A", value: utf8("value 0") });
  const [here, other] = [{ workspaceId: "W1", groupId: "G1" }, {
    workspaceId: "W1",
    groupId: "G2",
  }];
  for (const ref of ["A", id]) assert.equal(await outcome(vault, ref, here), "ACCESS_DENIED");
  await vault.attachGroup("A", other);
  for (const ref of ["A", id]) assert.equal(await outcome(vault, ref, here), "ACCESS_DENIED");
  await vault.attachGroup("A", here);
  for (const ref of ["A", id]) assert.deepEqual(await outcome(vault, ref, here), { index: 0 });
  await vault.detachGroup("A", here);
  for (const ref of ["A", id]) assert.equal(await outcome(vault, ref, here), "ACCESS_DENIED");
});

test("use() refuses a group without its workspace, and empty ids", async () => {
  const vault = await initVault({ store: new MemoryStore() });
  await vault.create({ name: "A", value: utf8("a") });
  const contexts = [
    { groupId: "G1" },
    { workspaceId: "" },
    { workspaceId: "W1", groupId: "" },
    { workspaceId: "W1", groupId: "G1\u0000" },
  ];
  for (const context of contexts as UseContext[]) {
    await assert.rejects(vault.use("A", context, () => {}), { code: "INVALID_INPUT" });
  }
});
