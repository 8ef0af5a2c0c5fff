/**
 * Plausible edits of one stored field: what an attacker might write in its place.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { Column, SqlValue } from "./raw_database.ts";

/** Edits of `value`, none equal to it. `other` is the same field of another secret. */
export function editsOf(column: Column, value: SqlValue, other: SqlValue | undefined): SqlValue[] {
  const edits = [...typedEdits(column, value), ...(other === undefined ? [] : [other])];
  if (column.nullable) edits.push(null);
  const unlike = edits.filter((edit) => !sameValue(edit, value));
  return unlike.filter((edit, i) => unlike.findIndex((seen) => sameValue(seen, edit)) === i);
}

function typedEdits(column: Column, value: SqlValue): SqlValue[] {
  if (value === null) {
    return column.type === "INTEGER" ? [0, 1, 4e12] : ["", "openai", "other", "\0x"];
  }
  if (typeof value === "string") return textEdits(value);
  if (value instanceof Uint8Array) return bytesEdits(value);
  const number = Number(value);
  // The last one is more than a JavaScript number can hold.
  return [number + 1, number - 1, 0, 1, 2, -1, number + 86_400_000, 2n ** 53n + 1n];
}

function textEdits(value: string): SqlValue[] {
  const last = value.codePointAt(value.length - 1) ?? 0;
  return [
    "",
    "x",
    `${value}x`,
    `${value} `,
    // Text may hold a NUL, which some would take for its end.
    `${value}\0x`,
    value.slice(0, -1),
    value.slice(0, -1) + String.fromCodePoint(last ^ 1),
    value.toUpperCase(),
    "global",
    "workspace",
    "group",
    "2b1c7a52-6f0e-4d1c-9a3b-0c5d8e7f6a10",
  ];
}

function bytesEdits(value: Uint8Array): SqlValue[] {
  const flipped = (at: number): Uint8Array => {
    const copy = value.slice();
    copy[at] = (copy[at] ?? 0) ^ 1;
    return copy;
  };
  return [
    new Uint8Array(),
    new Uint8Array(value.length),
    flipped(0),
    flipped(value.length >> 1),
    flipped(value.length - 1),
    value.slice(0, -1),
    value.slice(1),
    new Uint8Array([...value, 0]),
  ];
}

/** Whether two fields hold the same. */
export function sameValue(a: SqlValue, b: SqlValue): boolean {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b) === 0;
  return typeof a === "bigint" || typeof b === "bigint" ? String(a) === String(b) : a === b;
}

/** A field for a message. */
export function showValue(value: SqlValue): string {
  return value instanceof Uint8Array
    ? `x'${Buffer.from(value).toString("hex").slice(0, 16)}…' (${value.length} bytes)`
    : JSON.stringify(typeof value === "bigint" ? `${value}` : value);
}
