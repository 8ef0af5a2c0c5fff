/**
 * The registry: names that belong to a provider of an API, and so pin a secret to it.
 *
 * @module
 */
import { VaultError } from "../errors.ts";
import { REGISTRY_DATA } from "./registry_data.ts";
import { checkText } from "./text.ts";

/** Says which provider claims a secret's name. */
export interface Registry {
  /**
   * The id of the provider that claims `name`, 1 to 255 characters by the rules of names; `undefined` if none does. A
   * secret is not created under another id.
   */
  claimant(name: string): string | undefined;
}

/**
 * A registry over a list of providers and the names each claims, which are compared in Unicode normalisation form C, as
 * secrets bear them.
 *
 * @throws {RangeError} if two providers claim one name.
 *
 * @example
 * ```ts
 * import { createRegistry, MemoryStore, Vault } from "@aivault/cli";
 * import assert from "node:assert/strict";
 *
 * const registry = createRegistry({ acme: ["ACME_API_KEY"] });
 * const kek = crypto.getRandomValues(new Uint8Array(32));
 * const vault = await Vault.init({ store: new MemoryStore(), kek, registry });
 * const value = new TextEncoder().encode("s3cret");
 * assert.equal((await vault.create({ name: "ACME_API_KEY", value })).pinnedProvider, "acme");
 * await vault.close();
 * ```
 */
export function createRegistry(data: Readonly<Record<string, readonly string[]>>): Registry {
  const claims = new Map<string, string>();
  for (const [provider, names] of Object.entries(data)) {
    for (const name of names) {
      const normal = name.normalize("NFC");
      const other = claims.get(normal) ?? provider;
      if (other !== provider) {
        throw new RangeError(`${name} is claimed by ${other} and ${provider}`);
      }
      claims.set(normal, provider);
    }
  }
  return { claimant: (name) => claims.get(name.normalize("NFC")) };
}

/**
 * The built-in registry: the canonical secret names of public AI and web APIs.
 *
 * @example
 * ```ts
 * import { builtInRegistry } from "@aivault/cli";
 * import assert from "node:assert/strict";
 *
 * assert.equal(builtInRegistry.claimant("OPENAI_API_KEY"), "openai");
 * assert.equal(builtInRegistry.claimant("MY_OWN_TOKEN"), undefined);
 * ```
 */
export const builtInRegistry: Registry = createRegistry(REGISTRY_DATA);

/**
 * The pin that a secret of these names has, given the one it has already.
 *
 * @throws {VaultError} `INVALID_INPUT` if the names belong to two providers, or to another than the pin: a pin never
 * changes. Also if the provider's id cannot be stored.
 */
export function pinFor(
  registry: Registry,
  names: readonly string[],
  pinned: string | null,
  attempted: string,
): string | null {
  let pin = pinned;
  for (const name of names) {
    const claimed = registry.claimant(name);
    if (claimed === undefined) continue;
    // It is bound to the secret, and has to be read again as it was.
    const claimant = checkText(claimed, "provider that claims the name", attempted);
    if (claimant === pin) continue;
    if (pin !== null) {
      throw new VaultError(
        "INVALID_INPUT",
        attempted,
        `${name} belongs to provider ${claimant}, the secret is pinned to ${pin}`,
        { hints: ["create another secret for it"] },
      );
    }
    pin = claimant;
  }
  return pin;
}
