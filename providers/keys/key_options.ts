/**
 * The options of key providers, as a caller gives them.
 *
 * @module
 */
import { VaultError } from "../../lib/errors.ts";
import type { KeyOption, KeyOptions } from "../../lib/vault/keys/key_provider.ts";

/**
 * Checks that every option that is given is one of `known`: of another one nobody would take notice, and the key would
 * go where nobody asked for it.
 *
 * @throws {VaultError} `INVALID_INPUT`
 */
export function checkKeyOptions(known: readonly KeyOption[], given: KeyOptions): void {
  const attempted = "initialise the vault";
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    if (!known.some((option) => option.name === name)) {
      const problem = `there is no option ${JSON.stringify(name)}`;
      const names = known.map((option) => option.name).join(", ");
      throw new VaultError("INVALID_INPUT", attempted, problem, { hints: [`there is: ${names}`] });
    }
    if (typeof value !== "string") {
      throw new VaultError("INVALID_INPUT", attempted, `--${name} is not text`);
    }
  }
}
