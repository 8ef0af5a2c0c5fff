/**
 * The order of the groups in a command's help.
 *
 * @module
 */
import { Help, type HelpConfiguration } from "commander";

/** The heading of the options that every command has. */
export const GENERAL = "General options:";

const help = new Help();

/** What is the command's own stands first, what every command has stands last, wherever it was added. */
export const ORDERED_HELP: HelpConfiguration = {
  groupItems(unsortedItems, visibleItems, getGroup) {
    const rank = (heading: string): number =>
      heading === "Options:" ? 0 : heading === GENERAL ? 2 : 1;
    const groups = [...help.groupItems(unsortedItems, visibleItems, getGroup)];
    return new Map(groups.sort(([a], [b]) => rank(a) - rank(b)));
  },
};
