/**
 * How many columns of a terminal a text takes.
 *
 * @module
 */

// What Unicode's UAX #11 calls wide or fullwidth, outside emoji.
const WIDE =
  /[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\u3247\u3250-\ua4c6\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6b\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18df2}\u{1aff0}-\u{1b2ff}\u{1f200}-\u{1f265}\u{20000}-\u{3fffd}]/u;
const EMOJI = /\p{Emoji_Presentation}|\p{Emoji}\ufe0f/u;
// Marks, and the vowels and final consonants that Hangul joins to the consonant before.
const JOINED = /[\p{Mn}\p{Me}\p{Default_Ignorable_Code_Point}\u1160-\u11ff\ud7b0-\ud7ff]/u;
const ASCII = /^[\x20-\x7e]*$/;

/**
 * The columns that `text` takes: two for each wide character and for an emoji of any number of parts, none for what
 * is joined to the character before. It has no control characters.
 */
export function textWidth(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  for (const { segment } of new Intl.Segmenter("und").segment(text)) {
    width += EMOJI.test(segment) ? 2 : [...segment].reduce((sum, char) => sum + widthOf(char), 0);
  }
  return width;
}

function widthOf(character: string): number {
  if (JOINED.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}
