/** A long text in pieces that are laid out one by one, each below the one before. */

const LETTERS = 16_000;
/** Before this part of a piece no end of a line is looked for. */
const LEAST = 0.5;

/**
 * The pieces of `text`: cut at ends of lines, which are in none of them, else behind a space, else between two letters.
 */
export function piecesOf(text: string): string[] {
  const pieces: string[] = [];
  let at = 0;
  while (text.length - at > LETTERS) {
    const end = at + LETTERS;
    const least = at + LETTERS * LEAST;
    const line = text.lastIndexOf("\n", end);
    const space = text.lastIndexOf(" ", end - 1) + 1;
    const cut = line >= least ? line : space >= least ? space : between(text, end);
    pieces.push(text.slice(at, cut));
    at = cut === line ? cut + 1 : cut;
  }
  return [...pieces, text.slice(at)];
}

/** A place that is not within a letter of two units. */
const between = (text: string, at: number): number => (/[\udc00-\udfff]/.test(text.charAt(at)) ? at - 1 : at);
