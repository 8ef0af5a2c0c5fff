/**
 * Being somebody whom the modes of files stop, where the tests run as root.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import process from "node:process";

/** The user and the group that nothing belongs to. */
export const NOBODY = 65_534;

/** How to run a command as somebody else than root; root alone can and needs to. */
export function asNobody(): readonly string[] | undefined {
  return asRoot(["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"]);
}

/** How to run a command as a root who is stopped by the modes of his own files, as any other user is by his. */
export function asPlainOwner(): readonly string[] | undefined {
  return asRoot(["setpriv", "--bounding-set=-dac_override,-dac_read_search"]);
}

/** `way`, if this is root and it works here. */
function asRoot(way: readonly string[]): readonly string[] | undefined {
  const [file = "", ...args] = way;
  return process.getuid?.() === 0 && spawnSync(file, [...args, "true"]).status === 0
    ? way
    : undefined;
}
