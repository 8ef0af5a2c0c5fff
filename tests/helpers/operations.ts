/**
 * Every operation of a vault that changes something, for promises that hold for all of them.
 *
 * @module
 */
import type { Vault } from "../../lib/vault/vault.ts";
import { OTHER_KEK, utf8 } from "./vaults.ts";

/** One operation, and the kinds of its audit events, in order. */
export interface Operation {
  readonly name: string;
  readonly events: readonly string[];
  readonly run: (vault: Vault) => Promise<unknown>;
  /** Whether it takes several transactions: the one that counts, and others before and after. */
  readonly inSteps?: boolean;
}

/** A group that {@linkcode prepare} attaches to the secret `A`, and one that it does not. */
export const ATTACHED = { workspaceId: "W", groupId: "attached" };
const FREE = { workspaceId: "W", groupId: "free" };

/** Makes the secrets that the operations work on. */
export async function prepare(vault: Vault): Promise<void> {
  await vault.create({ name: "A", aliases: ["alias"], value: utf8("the value of A") });
  await vault.create({ name: "B", value: utf8("the value of B") });
  await vault.create({ name: "EXPIRED", value: utf8("expired"), expiresAtMs: 1 });
  await vault.attachGroup("A", ATTACHED);
}

/** Every operation that writes. */
export const OPERATIONS: readonly Operation[] = [
  {
    name: "create()",
    events: ["secret.create"],
    run: (vault) => vault.create({ name: "C", aliases: ["c"], value: utf8("c") }),
  },
  {
    name: "import()",
    events: ["secret.create", "secret.create"],
    run: (vault) =>
      vault.import([{ name: "C", value: utf8("c") }, { name: "D", value: utf8("d") }]),
  },
  {
    name: "update() of the name",
    events: ["secret.update"],
    run: (vault) => vault.update("A", { name: "RENAMED" }),
  },
  {
    name: "update() into a claimed name",
    events: ["secret.update"],
    run: (vault) => vault.update("A", { name: "OPENAI_API_KEY" }),
  },
  {
    name: "update() of the aliases and expiry",
    events: ["secret.update"],
    run: (vault) => vault.update("A", { aliases: ["x", "y"], expiresAtMs: 5 }),
  },
  {
    name: "rotate()",
    events: ["secret.rotate"],
    run: (vault) => vault.rotate("A", utf8("the next value of A")),
  },
  { name: "delete()", events: ["secret.delete"], run: (vault) => vault.delete("A") },
  {
    name: "attachGroup()",
    events: ["secret.attach-group"],
    run: (vault) => vault.attachGroup("A", FREE),
  },
  {
    name: "detachGroup()",
    events: ["secret.detach-group"],
    run: (vault) => vault.detachGroup("A", ATTACHED),
  },
  { name: "use()", events: ["secret.use"], run: (vault) => vault.use("A", {}, () => {}) },
  {
    name: "use() outside its context",
    events: ["secret.use.denied"],
    run: (vault) => vault.use("B", ATTACHED, () => {}).catch(() => {}),
  },
  {
    name: "use() after expiry",
    events: ["secret.use.denied"],
    run: (vault) => vault.use("EXPIRED", {}, () => {}).catch(() => {}),
  },
  {
    name: "recordLock()",
    events: ["vault.lock"],
    run: (vault) => vault.recordLock("vault.lock"),
  },
  {
    name: "rotateMaster()",
    events: ["vault.rotate-master"],
    run: (vault) => vault.rotateMaster({ settings: { type: "caller" }, kek: OTHER_KEK }),
    inSteps: true,
  },
];
