/**
 * Lengths of time on the command line: `90s`, `15m`, `8h`, `2d`.
 *
 * @module
 */

const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

const isUnit = (text: string): text is keyof typeof UNITS => text in UNITS;

/** Milliseconds, at least a second; `undefined` if `text` is no length of time. */
export function parseDuration(text: string): number | undefined {
  const [, digits = "", unit = ""] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  const ms = isUnit(unit) ? Number(digits) * UNITS[unit] : 0;
  return ms >= UNITS.s ? ms : undefined;
}

/** A length of time in the largest unit that it is a whole number of; `1500` is `1.5s`. */
export function describeDuration(ms: number): string {
  for (const unit of ["d", "h", "m"] as const) {
    if (ms >= UNITS[unit] && ms % UNITS[unit] === 0) return `${ms / UNITS[unit]}${unit}`;
  }
  return `${ms / UNITS.s}s`;
}
