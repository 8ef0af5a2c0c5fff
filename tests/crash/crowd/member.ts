/**
 * One process of a crowd on one vault: it writes and reads as its plan says, checks what it reads, and prints what
 * it has done. Its one argument is a {@linkcode Plan}.
 *
 * @module
 */
import assert from "node:assert/strict";
import process from "node:process";
import type { Vault } from "../../../mod.ts";
import { seededRandom } from "../../helpers/random.ts";
import { openVault } from "../vaults.ts";
import { type Deeds, type Plan, SHARED } from "./shared.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

class Member {
  readonly own = new Map<string, string>();
  readonly attached: string[] = [];
  readonly shared: string[] = [];
  longestWriteMs = 0;
  readonly #number: number;
  readonly #random: () => number;

  constructor({ number, seed }: Plan) {
    this.#number = number;
    this.#random = seededRandom(seed + number);
  }

  async do(vault: Vault, turn: number): Promise<void> {
    const unique = `${this.#number}_${turn}`;
    const name = [...this.own.keys()][Math.floor(this.#random() * this.own.size)];
    const choice = Math.floor(this.#random() * 9);
    if (name === undefined || choice === 0) return await this.#create(vault, `OWN_${unique}`);
    if (choice === 1) return await this.#rotate(vault, name, `rotated ${unique}`);
    if (choice === 2) return await this.#rename(vault, name, `OWN_${unique}`);
    if (choice === 3 && this.own.size > 2) return await this.#delete(vault, name);
    if (choice === 4) return await this.#attach(vault, unique);
    if (choice === 5) return await this.#rotateShared(vault, `shared ${unique}`);
    if (choice === 6) return await this.#list(vault);
    await vault.use(name, {}, (value) => assert.equal(decode(value), this.own.get(name)));
  }

  async #write(work: Promise<unknown>): Promise<void> {
    const started = performance.now();
    await work;
    this.longestWriteMs = Math.max(this.longestWriteMs, performance.now() - started);
  }

  async #create(vault: Vault, name: string): Promise<void> {
    await this.#write(vault.create({ name, value: encode(`value of ${name}`) }));
    this.own.set(name, `value of ${name}`);
  }

  async #rotate(vault: Vault, name: string, value: string): Promise<void> {
    await this.#write(vault.rotate(name, encode(value)));
    this.own.set(name, value);
  }

  async #rename(vault: Vault, name: string, next: string): Promise<void> {
    await this.#write(vault.update(name, { name: next }));
    this.own.set(next, this.own.get(name) ?? "");
    this.own.delete(name);
  }

  async #delete(vault: Vault, name: string): Promise<void> {
    await this.#write(vault.delete(name));
    this.own.delete(name);
  }

  // Read, changed and written again: if two did it at once, one group would be lost.
  async #attach(vault: Vault, groupId: string): Promise<void> {
    await this.#write(vault.attachGroup(SHARED, { workspaceId: "crowd", groupId }));
    this.attached.push(groupId);
  }

  async #rotateShared(vault: Vault, value: string): Promise<void> {
    await this.#write(vault.rotate(SHARED, encode(value)));
    this.shared.push(value);
  }

  async #list(vault: Vault): Promise<void> {
    const names = new Set<string>();
    for await (const secret of vault.list()) {
      assert.ok("name" in secret);
      names.add(secret.name);
    }
    for (const name of this.own.keys()) assert.ok(names.has(name), `${name} is there`);
  }
}

async function main(plan: Plan): Promise<void> {
  const member = new Member(plan);
  let vault = await openVault(plan.world);
  for (let turn = 0; turn < plan.operations; turn++) {
    if (turn % 10 === 9) {
      await vault.close();
      vault = await openVault(plan.world);
    }
    await member.do(vault, turn);
  }
  await vault.close();
  const { own, attached, shared, longestWriteMs } = member;
  const deeds: Deeds = { own: Object.fromEntries(own), attached, shared, longestWriteMs };
  console.log(JSON.stringify(deeds));
}

await main(JSON.parse(process.argv[2] ?? "{}"));
