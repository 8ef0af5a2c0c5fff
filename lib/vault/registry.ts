/**
 * The registry: names that belong to a provider of an API, and so pin a secret to it.
 *
 * @module
 */
import { VaultError } from "../errors.ts";
import { REGISTRY_DATA } from "./registry_data.ts";

/** Says which provider claims a secret's name. */
export interface Registry {
  /** The id of the provider that claims `name`; `undefined` if none does. */
  claimant(name: string): string | undefined;
}

/**
 * A registry over a list of providers and the names each claims.
 *
 * @throws {RangeError} if two providers claim one name.
 */
export function createRegistry(data: Readonly<Record<string, readonly string[]>>): Registry {
  const claims = new Map<string, string>();
  for (const [provider, names] of Object.entries(data)) {
    for (const name of names) {
      const other = claims.get(name);
      if (other !== undefined) {
        throw new RangeError(`${name} is claimed by ${other} and ${provider}`);
      }
      claims.set(name, provider);
    }
  }
  return { claimant: (name) => claims.get(name) };
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
 * @throws {VaultError} `INVALID_INPUT` if the names belong to two providers, or to
 * another than the pin: a pin never changes.
 */
export function pinFor(
  registry: Registry,
  names: readonly string[],
  pinned: string | null,
  attempted: string,
): string | null {
  let pin = pinned;
  for (const name of names) {
    const claimant = registry.claimant(name);
    if (claimant === undefined || claimant === pin) continue;
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
