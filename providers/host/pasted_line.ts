/**
 * A line that is typed or pasted. A terminal that is asked to puts marks around what is pasted (xterm's bracketed
 * paste), so that the end of it is known, however slowly it comes.
 *
 * @module
 */
import { type Typed, TypedLine } from "./typed_line.ts";

/** Asks the terminal for the marks; one that does not know them is silent. */
export const MARK_PASTES = "\x1b[?2004h";
/** Asks for no marks any more. */
export const MARK_NO_PASTES = "\x1b[?2004l";

const ESCAPE = 0x1b;
const INTERRUPT = 0x03;
const TAB = 0x09;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;
const DELETE = 0x7f;

// ESC [ 2 0 0 ~ before what is pasted, ESC [ 2 0 1 ~ behind it.
const MARK_START = [ESCAPE, 0x5b, 0x32, 0x30];
const [BEGINS, ENDS, MARK_END] = [0x30, 0x31, 0x7e];

/** A line under way. Whoever makes it wipes it. */
export class PastedLine {
  readonly #line = new TypedLine();
  /** The bytes of a mark that have come. */
  #mark: number[] = [];
  #isPasting = false;
  /** What became of the line while it was pasted. */
  #outcome: Typed | "many" = "more";

  /**
   * Takes one byte as {@linkcode TypedLine} does; of what is pasted all of it, before it says how that ended.
   *
   * @returns `many` if more than one line was pasted.
   */
  type(byte: number): Typed | "many" {
    if (this.#mark.length > 0 || byte === ESCAPE) return this.#takeMark(byte);
    return this.#isPasting ? this.#paste(byte) : this.#line.type(byte);
  }

  /** A copy of what was typed, which the caller wipes. */
  bytes(): Uint8Array {
    return this.#line.bytes();
  }

  /** Forgets what was typed. */
  wipe(): void {
    this.#line.wipe();
  }

  #takeMark(byte: number): Typed | "many" {
    this.#mark.push(byte);
    const at = this.#mark.length - 1;
    const isWhole = at === MARK_START.length + 1;
    const fits = at < MARK_START.length
      ? byte === MARK_START[at]
      : isWhole
      ? byte === MARK_END
      : byte === BEGINS || byte === ENDS;
    if (fits && !isWhole) return "more";
    const isBegin = this.#mark[MARK_START.length] === BEGINS;
    // What breaks one mark off may begin the next.
    this.#mark = !fits && byte === ESCAPE ? [ESCAPE] : [];
    if (!fits) return this.#isPasting ? this.#note("refused") : "refused";
    this.#isPasting = isBegin;
    return isBegin ? "more" : this.#outcome;
  }

  #paste(byte: number): Typed | "many" {
    if (byte === INTERRUPT) return "cancelled";
    if (byte === CARRIAGE_RETURN || byte === LINE_FEED) return this.#note("done");
    if (this.#outcome === "done") return this.#note("many");
    if (this.#outcome !== "more") return "more";
    const isCharacter = (byte >= SPACE || byte === TAB) && byte !== DELETE;
    return this.#note(isCharacter ? this.#line.type(byte) : "refused");
  }

  /** Keeps the first thing that is wrong, until all has come. */
  #note(outcome: Typed | "many"): Typed {
    if (this.#outcome === "more" || (this.#outcome === "done" && outcome !== "more")) {
      this.#outcome = outcome;
    }
    return "more";
  }
}
