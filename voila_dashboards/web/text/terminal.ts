/** What a terminal shows at the end of its output: lines that are written over, as those of progress, once. Pure. */

import { overwrites, withoutColours } from "./colours.ts";

export interface Screen {
  text: string;
  /** How many letters are not shown, because others were written over them, or they were wiped out. */
  overwritten: number;
}

/** Without colours; the text itself where nothing in it was written over. */
export const endOf = (text: string): Screen =>
  overwrites(text) ? screenOf(inLines(text)) : { text: withoutColours(text), overwritten: 0 };

/** All that is found in a text when somebody searches: as it is shown, and as it was written. */
export function searchable(text: string): string {
  const plain = withoutColours(text);
  return overwrites(text) ? `${plain}\n${endOf(text).text}` : plain;
}

/** All that was written, with a line for each time that a line was begun anew. */
export const asWritten = (text: string): string => withoutColours(text).replace(/\r(?![\r\n]|$)/g, "\n");

/** What is done at once: a sequence for the terminal, a return, a step back, or letters. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const PIECES = /\u001b\[[0-9;?]*[A-Za-z]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[\r\b]|[^\u001b\r\b]+|\u001b/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above
const SPECIAL = /[\r\b\u001b]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above
const MOVE = /^\u001b\[(\d*)([A-DGK])$/;
const OF_PROGRESS = 6;
const FIRST_LINES = 50;

/** Where every line ends with a return alone, and no line is like the one before, returns are ends of lines. */
function inLines(text: string): string {
  if (text.includes("\n") || SPECIAL.test(text.replaceAll("\r", ""))) return text;
  const begins = text
    .split("\r", FIRST_LINES)
    .map((line) => line.slice(0, 200).replace(/\P{L}+/gu, ""))
    .map((letters) => letters.slice(0, OF_PROGRESS));
  const alike = begins.filter((letters, i) => i > 0 && letters === begins[i - 1]).length;
  return alike * 2 >= begins.length - 1 ? text : text.replace(/\r/g, "\n");
}

function screenOf(text: string): Screen {
  const terminal = new Terminal(text.length);
  text.split("\n").forEach((line, i) => {
    if (i) terminal.newLine();
    terminal.write(line);
  });
  return terminal.end();
}

/** What is drawn on the letter before. */
const ON_ANOTHER = /^[\p{M}\u200d]$/u;

/** As many rows as there are lines, each as its text, or a letter for each column as soon as it is written over. */
class Terminal {
  readonly #rows: (string | string[])[] = [""];
  #row = 0;
  #column = 0;
  #written = 0;
  /** So many spaces may still be put before what is written far out. */
  #spaces: number;

  constructor(length: number) {
    this.#spaces = length + 1000;
  }

  newLine(): void {
    this.#row++;
    this.#column = 0;
    if (this.#row === this.#rows.length) this.#rows.push("");
  }

  /** A line without its end. */
  write(line: string): void {
    if (this.#rows[this.#row] === "" && !SPECIAL.test(line)) this.#rows[this.#row] = line;
    else for (const [piece] of line.matchAll(PIECES)) this.#take(piece);
  }

  end(): Screen {
    const cells = this.#rows.flatMap((row) => (typeof row === "string" ? [] : row));
    const text = this.#rows.map((row) => (typeof row === "string" ? row : row.join("").trimEnd())).join("\n");
    return { text, overwritten: this.#written - lettersOf(cells) };
  }

  #take(piece: string): void {
    if (piece === "\r") this.#column = 0;
    else if (piece === "\b") this.#column = Math.max(0, this.#column - 1);
    else if (piece.startsWith("\u001b") && piece.length > 1) this.#move(piece);
    else this.#put(piece);
  }

  /** The row that is written to, letter by letter. */
  #cells(): string[] {
    const row = this.#rows[this.#row] ?? "";
    if (typeof row !== "string") return row;
    const cells = [...row];
    this.#written += lettersOf(cells);
    this.#rows[this.#row] = cells;
    return cells;
  }

  #put(text: string): void {
    const cells = this.#cells();
    for (; cells.length < this.#column && this.#spaces > 0; this.#spaces--) cells.push(" ");
    this.#column = Math.min(this.#column, cells.length);
    for (const letter of text) {
      const last = cells[this.#column - 1];
      if (last !== undefined && ON_ANOTHER.test(letter)) cells[this.#column - 1] = last + letter;
      else {
        cells[this.#column++] = letter;
        if (letter !== " ") this.#written++;
      }
    }
  }

  #move(sequence: string): void {
    const [, number, way] = MOVE.exec(sequence) ?? [];
    const by = Math.max(1, Number(number || 1));
    if (way === "A") this.#row = Math.max(0, this.#row - by);
    else if (way === "B") this.#row = Math.min(this.#rows.length - 1, this.#row + by);
    else if (way === "C") this.#column += by;
    else if (way === "D") this.#column = Math.max(0, this.#column - by);
    else if (way === "G") this.#column = by - 1;
    else if (way === "K") this.#wipe(Number(number));
  }

  /** From here to the end of the row, or all of it. */
  #wipe(how: number): void {
    const cells = this.#cells();
    if (how === 2) cells.length = 0;
    else if (how === 0) cells.length = Math.min(cells.length, this.#column);
  }
}

const lettersOf = (cells: readonly string[]): number => cells.reduce((sum, cell) => sum + Number(cell !== " "), 0);
