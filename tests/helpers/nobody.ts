/**
 * Being somebody else than root, whom no mode of a file stops.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import process from "node:process";

/** The user and the group that nothing belongs to. */
export const NOBODY = 65_534;

/** How to run a command as somebody else than root; root alone can and needs to. */
export function asNobody(): readonly string[] | undefined {
  const way = ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"];
  const [file = "", ...args] = way;
  return process.getuid?.() === 0 && spawnSync(file, [...args, "true"]).status === 0
    ? way
    : undefined;
}
