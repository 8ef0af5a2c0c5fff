/**
 * What every store has to keep: one suite for all of them.
 *
 * @module
 */
import { auditContract } from "./store_audit.ts";
import { contentContract } from "./store_content.ts";
import { nameContract } from "./store_names.ts";
import type { WithStore } from "./store_records.ts";
import { transactionContract } from "./store_transactions.ts";

/** Declares the tests of the store contract for the store `name`. */
export function storeContract(name: string, withStore: WithStore): void {
  transactionContract(name, withStore);
  contentContract(name, withStore);
  nameContract(name, withStore);
  auditContract(name, withStore);
}
