/**
 * Scopes, groups and contexts: to whom a secret belongs, and where a use happens.
 *
 * @module
 */
import { VaultError } from "../../errors.ts";
import { checkText, compareText } from "../text.ts";

/** A group of a workspace. Ids are 1 to 255 characters, by the rules of names, but that they may have the form of an id. */
export interface Group {
  /** The workspace that the group belongs to. */
  readonly workspaceId: string;
  /** The group within it. */
  readonly groupId: string;
}

/** To whom a secret belongs. Names are unique within one scope. */
export type Scope =
  | { readonly kind: "global" }
  | { readonly kind: "workspace"; readonly workspaceId: string }
  | { readonly kind: "group"; readonly workspaceId: string; readonly groupId: string };

/** The kinds of scope. */
export type ScopeKind = Scope["kind"];

/** The scope of secrets that belong to no workspace. */
export const GLOBAL: Scope = Object.freeze({ kind: "global" });

/** The workspace and group that a use happens in; neither for a global context. */
export type UseContext =
  | { readonly workspaceId?: undefined; readonly groupId?: undefined }
  | { readonly workspaceId: string; readonly groupId?: string | undefined };

/** The fields that stand for a scope in a row or a bound context; absent ids are `""`. */
export function scopeFields(
  scope: Scope,
): { kind: ScopeKind; workspaceId: string; groupId: string } {
  return {
    kind: scope.kind,
    workspaceId: scope.kind === "global" ? "" : scope.workspaceId,
    groupId: scope.kind === "group" ? scope.groupId : "",
  };
}

/** The scope that {@linkcode scopeFields} came from; `undefined` if no scope has these fields. */
export function scopeFromFields(
  kind: string,
  workspaceId: string,
  groupId: string,
): Scope | undefined {
  if (kind === "global" && workspaceId === "" && groupId === "") return GLOBAL;
  if (workspaceId === "") return undefined;
  if (kind === "workspace" && groupId === "") return { kind, workspaceId };
  if (kind === "group" && groupId !== "") return { kind, workspaceId, groupId };
  return undefined;
}

/** `global`, `workspace W` or `group W/G`, for people. */
export function describeScope(scope: Scope): string {
  if (scope.kind === "global") return "global";
  if (scope.kind === "workspace") return `workspace ${scope.workspaceId}`;
  return `group ${describeGroup(scope)}`;
}

/** `W/G`, for people. Ids that hold a slash or a quote are quoted, so that no two groups read alike. */
export function describeGroup({ workspaceId, groupId }: Group): string {
  const idOf = (id: string): string => /["/]/.test(id) ? JSON.stringify(id) : id;
  return `${idOf(workspaceId)}/${idOf(groupId)}`;
}

/** The context as a scope: `group W/G`, `workspace W` or `global`. */
export function contextScope(context: UseContext): Scope {
  if (context.workspaceId === undefined) return GLOBAL;
  if (context.groupId === undefined) return { kind: "workspace", workspaceId: context.workspaceId };
  return { kind: "group", workspaceId: context.workspaceId, groupId: context.groupId };
}

/** Whether two scopes are the same. */
export function sameScope(a: Scope, b: Scope): boolean {
  const left = scopeFields(a);
  const right = scopeFields(b);
  return left.kind === right.kind && left.workspaceId === right.workspaceId &&
    left.groupId === right.groupId;
}

/** Whether two groups are the same. */
export function sameGroup(a: Group, b: Group): boolean {
  return a.workspaceId === b.workspaceId && a.groupId === b.groupId;
}

/** Orders groups by workspace, then group, by code point. */
export function compareGroups(a: Group, b: Group): number {
  return compareText(a.workspaceId, b.workspaceId) || compareText(a.groupId, b.groupId);
}

/**
 * Checks the ids of a group.
 *
 * @throws {VaultError} `INVALID_INPUT`
 */
export function checkGroup(group: Group, attempted: string): Group {
  return {
    workspaceId: checkText(group.workspaceId, "workspace id", attempted),
    groupId: checkText(group.groupId, "group id", attempted),
  };
}

/** A copy of `scope` as it is now, unchecked. */
export function takeScope(scope: Scope): Scope {
  // What is no object has no kind, and is refused when it is checked.
  const { kind, workspaceId, groupId } = Object(scope);
  return { kind, workspaceId, groupId };
}

/**
 * A copy of a scope whose kind and ids are checked.
 *
 * @throws {VaultError} `INVALID_INPUT`
 */
export function checkScope(scope: Scope, attempted: string): Scope {
  const taken = takeScope(scope);
  if (taken.kind === "global") return GLOBAL;
  if (taken.kind === "group") return { kind: "group", ...checkGroup(taken, attempted) };
  if (taken.kind === "workspace") {
    const { kind, workspaceId } = taken;
    return { kind, workspaceId: checkText(workspaceId, "workspace id", attempted) };
  }
  // Another kind must not be taken for a wider one.
  throw new VaultError("INVALID_INPUT", attempted, "there is no such kind of scope");
}

/**
 * Checks the ids of a context.
 *
 * @throws {VaultError} `INVALID_INPUT`, also for a group without a workspace.
 */
export function checkContext(context: UseContext, attempted: string): UseContext {
  if (context.workspaceId === undefined) {
    if (context.groupId === undefined) return {};
    throw new VaultError("INVALID_INPUT", attempted, "a group context needs its workspace");
  }
  const scope = checkScope(contextScope(context), attempted);
  const { workspaceId, groupId } = scopeFields(scope);
  return groupId === "" ? { workspaceId } : { workspaceId, groupId };
}
