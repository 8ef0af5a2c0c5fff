/**
 * Lengths of time on the command line: `90s`, `15m`, `8h`, `2d`.
 *
 * @module
 */
import { InvalidArgumentError } from "commander";

const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

const isUnit = (text: string): text is keyof typeof UNITS => text in UNITS;

/** A parser for lengths of time from 1 second to `most` milliseconds. */
export function duration(most: number): (text: string) => number {
  return (text) => {
    const [, digits = "", unit = ""] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
    const ms = isUnit(unit) ? Number(digits) * UNITS[unit] : Number.NaN;
    if (ms >= UNITS.s && ms <= most) return ms;
    throw new InvalidArgumentError(
      `It must be a length of time such as 90s, 15m or 8h, from 1s to ${describeDuration(most)}.`,
    );
  };
}

/** A length of time in the largest unit that it is a whole number of; `1500` is `1.5s`. */
export function describeDuration(ms: number): string {
  for (const unit of ["d", "h", "m"] as const) {
    if (ms >= UNITS[unit] && ms % UNITS[unit] === 0) return `${ms / UNITS[unit]}${unit}`;
  }
  return `${ms / UNITS.s}s`;
}
