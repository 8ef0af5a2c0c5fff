/**
 * Facts, tables, times and counts as text.
 *
 * @module
 */
import { textWidth } from "./text_width.ts";

/** A time for people: ISO 8601, UTC, to the second. */
export function describeTime(ms: number): string {
  if (!(Math.abs(ms) <= 8.64e15)) return "?";
  return new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
}

/** `1 event`, `2 events`. */
export function counted(count: number, thing: string): string {
  return count === 1 ? `1 ${thing}` : `${count} ${thing}s`;
}

/** `label  value` lines, with the values below each other. */
export function factLines(facts: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...facts.map(([label]) => label.length));
  return facts.map(([label, value]) => `${label.padEnd(width)}  ${value}`);
}

/** Rows with their columns below each other, under `heads`. */
export function tableLines(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
): string[] {
  const all = [heads, ...rows];
  const widths = heads.map((_, column) =>
    all.reduce((width, row) => Math.max(width, textWidth(row[column] ?? "")), 0)
  );
  return all.map((row) =>
    row.map((cell, column) => cell + " ".repeat((widths[column] ?? 0) - textWidth(cell)))
      .join("  ").trimEnd()
  );
}
