/**
 * Medians and tables of the benchmarks.
 *
 * @module
 */
import { cpus, loadavg } from "node:os";
import process from "node:process";

/** What one run has measured, by name. */
export type Measured = Readonly<Record<string, number>>;

/** A column of a table: its head, the name of what it shows, and how many digits. */
export type Column = readonly [head: string, key: string, digits: number];

/** The median of `values`; the greater of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

/** The median of everything that `runs` have measured. */
export function medians(runs: readonly Measured[]): Measured {
  const keys = Object.keys(runs[0] ?? {});
  return Object.fromEntries(
    keys.map((key) => [key, median(runs.map((run) => run[key] ?? Number.NaN))]),
  );
}

/** The median of the ratios of `runs` to `others`, pair by pair, so that both had the same machine. */
export function medianRatio(
  runs: readonly Measured[],
  others: readonly Measured[],
  key: string,
): number {
  return median(
    runs.map((run, i) => (run[key] ?? Number.NaN) / (others[i]?.[key] ?? Number.NaN)),
  );
}

/** Lines of a table of `rows`. */
export function table(columns: readonly Column[], rows: readonly Measured[]): string[] {
  const lines = rows.map((row) =>
    columns.map(([head, key, digits]) =>
      (row[key] ?? Number.NaN).toFixed(digits).padStart(head.length)
    ).join(" | ")
  );
  return [columns.map(([head]) => head).join(" | "), ...lines];
}

/** The machine, and how busy it is at this moment. */
export function machine(): string {
  const [load = 0] = loadavg();
  const model = cpus()[0]?.model ?? "?";
  return `${process.platform} ${process.arch}, ${cpus().length} × ${model}, load ${
    load.toFixed(1)
  }`;
}
