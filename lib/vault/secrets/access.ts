/**
 * Who may use what: the access rule.
 *
 * | context | usable, in this order |
 * |---|---|
 * | none | global |
 * | workspace W | workspace W, global |
 * | group G of W | group W/G, attached to W/G, workspace W |
 *
 * Whatever is not listed is denied, so detaching a group never lets anyone in.
 *
 * @module
 */
import { VaultError } from "../../errors.ts";
import { bearsName, findSecret, parseRef, readRecord } from "./find.ts";
import {
  contextScope,
  describeScope,
  GLOBAL,
  type Group,
  sameGroup,
  sameScope,
  type Scope,
  type UseContext,
} from "./scope.ts";
import { damaged, type SecretMetadata, type SecretRecord } from "./secret.ts";
import type { StoreReader } from "../store.ts";

/** Whether `secret` may be used in `context`, time aside. */
export function mayUse(
  secret: Pick<SecretMetadata, "scope" | "attachedGroups">,
  context: UseContext,
): boolean {
  const here = contextScope(context);
  if (sameScope(secret.scope, here)) return true;
  if (here.kind === "workspace") return secret.scope.kind === "global";
  if (here.kind !== "group") return false;
  if (secret.attachedGroups.some((group) => sameGroup(group, here))) return true;
  return sameScope(secret.scope, { kind: "workspace", workspaceId: here.workspaceId });
}

/**
 * The secret that `ref` means in `context`, whether or not it may be used there: by id any secret,
 * by name the first match in the order of the table.
 *
 * @throws {VaultError} `NOT_FOUND`, `INTEGRITY`, or `INVALID_INPUT` if two secrets
 * attached to the group bear the name.
 */
export async function findInContext(
  reader: StoreReader,
  ref: string,
  context: UseContext,
  attempted: string,
): Promise<SecretRecord> {
  const parsed = parseRef(ref);
  if ("id" in parsed) return await findSecret(reader, ref, GLOBAL, attempted);
  const here = contextScope(context);
  const own = await findIn(reader, here, parsed.name, attempted);
  if (own !== undefined) return own;
  if (here.kind === "group") {
    const attached = await findAttached(reader, here, parsed.name, attempted);
    if (attached !== undefined) return attached;
    const workspace: Scope = { kind: "workspace", workspaceId: here.workspaceId };
    const shared = await findIn(reader, workspace, parsed.name, attempted);
    if (shared !== undefined) return shared;
  }
  // In a group this finds a global secret that is not attached, so that the caller can say why.
  const global = await findIn(reader, GLOBAL, parsed.name, attempted);
  if (global !== undefined) return global;
  throw new VaultError(
    "NOT_FOUND",
    attempted,
    `there is no such secret for ${describeScope(here)}`,
  );
}

async function findIn(
  reader: StoreReader,
  scope: Scope,
  name: string,
  attempted: string,
): Promise<SecretRecord | undefined> {
  if (await reader.findByName(scope, name) === undefined) return undefined;
  return await findSecret(reader, name, scope, attempted);
}

async function findAttached(
  reader: StoreReader,
  group: Group,
  name: string,
  attempted: string,
): Promise<SecretRecord | undefined> {
  const ids = await reader.findAttached(group.workspaceId, group.groupId, name);
  const [id] = ids;
  if (id === undefined) return undefined;
  if (ids.length > 1) {
    throw new VaultError(
      "INVALID_INPUT",
      attempted,
      "several secrets attached to the group bear this name",
      {
        hints: [`use one by its id: ${ids.join(", ")}`],
      },
    );
  }
  const record = await readRecord(reader, id);
  if (!bearsName(record, name)) throw damaged(id);
  return record;
}
