/**
 * Frames: how messages are told apart in a stream of bytes.
 *
 * A frame is `length (u32 big-endian) ‖ body`, with 2 to 65,536 bytes of body. A body is a version
 * byte, a byte that says what it is, and fields, each `length (u32 big-endian) ‖ bytes`.
 *
 * @module
 */
import { wipe } from "../crypto/bytes.ts";

/** The longest body: 64 KiB. */
export const MAX_BODY = 65_536;

const HEADER = 4;

/** The longest frame: its length, and the longest body. */
export const MAX_FRAME: number = HEADER + MAX_BODY;

const LEAST_BODY = 2;

/** The two bytes before the fields of a body. */
export interface BodyHead {
  /** The version of the protocol that the sender speaks. */
  readonly version: number;
  /** What the message is. */
  readonly code: number;
}

/**
 * Makes a frame. The caller wipes it if a field holds a key.
 *
 * @throws {RangeError} if the body is longer than {@linkcode MAX_BODY}.
 */
export function encodeFrame(head: BodyHead, fields: readonly Uint8Array[]): Uint8Array {
  const body = frameRoom(fields);
  if (body > MAX_BODY) throw new RangeError("the message is too long for a frame");
  const frame = new Uint8Array(new ArrayBuffer(HEADER + body));
  const view = new DataView(frame.buffer);
  view.setUint32(0, body);
  frame[HEADER] = head.version;
  frame[HEADER + 1] = head.code;
  let offset = HEADER + LEAST_BODY;
  for (const field of fields) {
    view.setUint32(offset, field.length);
    frame.set(field, offset + HEADER);
    offset += HEADER + field.length;
  }
  return frame;
}

/** How long a body with these fields is. */
export function frameRoom(fields: readonly Uint8Array[]): number {
  return fields.reduce((sum, field) => sum + HEADER + field.length, LEAST_BODY);
}

/** The fields of a body, which they share memory with; `undefined` if they do not fill it exactly. */
export function decodeFields(body: Uint8Array): Uint8Array[] | undefined {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const fields: Uint8Array[] = [];
  let offset = LEAST_BODY;
  while (offset < body.length) {
    if (offset + HEADER > body.length) return undefined;
    const start = offset + HEADER;
    offset = start + view.getUint32(offset);
    if (offset > body.length) return undefined;
    fields.push(body.subarray(start, offset));
  }
  return fields;
}

/** The stream holds something that is no frame: where the next one begins cannot be known. */
export class BrokenFrame extends Error {
  /** Always `"BrokenFrame"`. */
  override readonly name = "BrokenFrame";
}

/** Puts frames together from whatever pieces arrive. It never holds more than one body. */
export class FrameReader {
  readonly #header = new Uint8Array(HEADER);
  #headerLength = 0;
  #body: Uint8Array | undefined;
  #bodyLength = 0;

  /** Whether a frame has begun and not ended. */
  get isPartial(): boolean {
    return this.#headerLength > 0;
  }

  /**
   * The bodies that end in `chunk`, one at a time; `chunk` is not needed afterwards. The caller wipes each body.
   *
   * @throws {BrokenFrame} if a length is out of bounds, before any memory is taken for it.
   */
  *push(chunk: Uint8Array): Generator<Uint8Array, void, void> {
    let offset = 0;
    while (offset < chunk.length) {
      offset += this.#body === undefined
        ? this.#takeHeader(chunk, offset)
        : this.#takeBody(this.#body, chunk, offset);
      const body = this.#body;
      if (body === undefined || this.#bodyLength < body.length) continue;
      this.#body = undefined;
      this.#headerLength = this.#bodyLength = 0;
      yield body;
    }
  }

  /** Wipes the part of a frame that has arrived. */
  wipe(): void {
    wipe(this.#body);
  }

  #takeHeader(chunk: Uint8Array, offset: number): number {
    const part = chunk.subarray(offset, offset + HEADER - this.#headerLength);
    this.#header.set(part, this.#headerLength);
    this.#headerLength += part.length;
    if (this.#headerLength === HEADER) {
      const length = new DataView(this.#header.buffer).getUint32(0);
      if (length < LEAST_BODY || length > MAX_BODY) throw new BrokenFrame("no frame is so long");
      this.#body = new Uint8Array(new ArrayBuffer(length));
    }
    return part.length;
  }

  #takeBody(body: Uint8Array, chunk: Uint8Array, offset: number): number {
    const part = chunk.subarray(offset, offset + body.length - this.#bodyLength);
    body.set(part, this.#bodyLength);
    this.#bodyLength += part.length;
    return part.length;
  }
}
