/**
 * The directory of another program of the same name, in which no vault is made.
 *
 * @module
 */
import { VaultError } from "../errors.ts";
import type { CliContext } from "./context.ts";

/**
 * Makes sure that a vault may be made in the vault's place.
 *
 * @throws {VaultError} `ALREADY_EXISTS` if the Rust program of the same name keeps its vault there.
 */
export async function refuseForeign({ place }: CliContext, attempted: string): Promise<void> {
  if (await place.hasDatabase() || !await place.isForeign()) return;
  const problem = `${place.directory} holds a vault of the Rust aivault`;
  throw new VaultError("ALREADY_EXISTS", attempted, problem, {
    hints: [
      "nothing was changed; `aivault migrate`, when it is released, will read it",
      "for a new vault beside it, set AIVAULT_DIR to another directory",
    ],
  });
}
