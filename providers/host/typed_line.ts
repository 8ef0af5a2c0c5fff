/**
 * One line as it is typed on a terminal in raw mode, key by key, as bytes that can be wiped.
 *
 * @module
 */
import { wipe } from "../../lib/crypto/bytes.ts";

/** The longest line that can be typed: 64 KiB. */
export const MAX_LINE_LENGTH = 65_536;

/**
 * What a key did: the line goes on, it is finished, it is given up, the key stands for no character, or there is no room
 * for it.
 */
export type Typed = "more" | "done" | "cancelled" | "refused" | "full";

const key = {
  interrupt: 0x03,
  endOfInput: 0x04,
  backspace: 0x08,
  tab: 0x09,
  lineFeed: 0x0a,
  carriageReturn: 0x0d,
  clear: 0x15,
  space: 0x20,
  delete: 0x7f,
} as const;

/** A line under way. Whoever makes it wipes it. */
export class TypedLine {
  readonly #bytes = new Uint8Array(MAX_LINE_LENGTH);
  #length = 0;

  /**
   * Takes one byte. Backspace takes the last character away, Ctrl-U all of them; Ctrl-C gives up, and so does
   * Ctrl-D on an empty line.
   */
  type(byte: number): Typed {
    switch (byte) {
      case key.carriageReturn:
      case key.lineFeed:
        return "done";
      case key.endOfInput:
        return this.#length === 0 ? "cancelled" : "done";
      case key.interrupt:
        return "cancelled";
      case key.backspace:
      case key.delete:
        this.#takeBack();
        return "more";
      case key.clear:
        this.wipe();
        return "more";
    }
    if (byte < key.space && byte !== key.tab) return "refused";
    if (this.#length === MAX_LINE_LENGTH) return "full";
    this.#bytes[this.#length++] = byte;
    return "more";
  }

  /** A copy of what was typed, which the caller wipes. */
  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  /** Forgets what was typed. */
  wipe(): void {
    wipe(this.#bytes);
    this.#length = 0;
  }

  // A character of UTF-8 is one byte that is no continuation, and the continuations after it.
  #takeBack(): void {
    let isContinuation = true;
    while (this.#length > 0 && isContinuation) {
      this.#length--;
      isContinuation = ((this.#bytes[this.#length] ?? 0) & 0xc0) === 0x80;
      this.#bytes[this.#length] = 0;
    }
  }
}
