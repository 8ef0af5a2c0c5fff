/**
 * Looks for bytes in the memory of another process, where Linux allows it.
 *
 * @module
 */
import { closeSync, openSync, readFileSync, readSync } from "node:fs";

const PIECE = 4 * 1024 * 1024;
const PAGE = 4096;

/** How often each of `needles` stands in the memory of process `pid`; `undefined` if that cannot be read. */
export function countInMemory(pid: number, needles: readonly Uint8Array[]): number[] | undefined {
  let files: number[] = [];
  try {
    files = ["mem", "pagemap"].map((name) => openSync(`/proc/${pid}/${name}`, "r"));
    const [memory = -1, pages = -1] = files;
    return countIn(readFileSync(`/proc/${pid}/smaps`, "utf8"), memory, pages, needles);
  } catch {
    return undefined;
  } finally {
    for (const file of files) closeSync(file);
  }
}

function countIn(
  maps: string,
  memory: number,
  pages: number,
  needles: readonly Uint8Array[],
): number[] {
  const counts = needles.map(() => 0);
  const overlap = Math.max(...needles.map(({ length }) => length)) - 1;
  const piece = new Uint8Array(PIECE);
  // Each range with what is told of it below: engines promise themselves ranges of gigabytes that hold nothing.
  for (const told of maps.split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m)) {
    const [, from = "", to = ""] = /^([0-9a-f]+)-([0-9a-f]+) r/.exec(told) ?? [];
    if (to === "" || /^Rss:\s+0 kB$/m.test(told)) continue;
    const end = Number.parseInt(to, 16);
    // Pieces overlap, so that nothing is missed where two meet.
    for (let at = Number.parseInt(from, 16); at < end - overlap; at += PIECE - overlap) {
      const length = Math.min(PIECE, end - at);
      if (isUntouched(pages, at, at + length)) continue;
      const found = piece.subarray(0, readAt(memory, piece.subarray(0, length), at));
      for (const [i, needle] of needles.entries()) {
        counts[i] = (counts[i] ?? 0) + count(found, needle);
      }
    }
  }
  piece.fill(0);
  return counts;
}

/** Whether no page from `start` to `end` is in memory or swapped out. */
function isUntouched(pages: number, start: number, end: number): boolean {
  const [first, last] = [Math.floor(start / PAGE), Math.ceil(end / PAGE)];
  const entries = new Uint8Array((last - first) * 8);
  const length = readAt(pages, entries, first * 8);
  for (let at = 7; at < length; at += 8) if (((entries[at] ?? 0) & 0xc0) !== 0) return false;
  return length > 0;
}

function readAt(file: number, into: Uint8Array, position: number): number {
  try {
    return readSync(file, into, 0, into.length, position);
  } catch {
    // What the kernel maps for itself is not there to be read.
    return 0;
  }
}

// Not `Buffer.indexOf`, which one of the runtimes does in JavaScript.
function count(haystack: Uint8Array, needle: Uint8Array): number {
  // A byte that is rare in memory: most of that is zeros.
  const pivot = Math.max(0, needle.findIndex((byte) => byte > 0x30));
  const byte = needle[pivot] ?? 0;
  let found = 0;
  for (let at = haystack.indexOf(byte); at >= 0; at = haystack.indexOf(byte, at + 1)) {
    let i = 0;
    while (i < needle.length && haystack[at - pivot + i] === needle[i]) i++;
    if (i === needle.length) found++;
  }
  return found;
}
