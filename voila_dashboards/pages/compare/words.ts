/** How two texts differ: line by line, and within a line that was changed word by word. */

import { align } from "./align.ts";

export type Mark = "same" | "removed" | "added";

/** Words in a row that are of one kind. */
export interface Piece {
  mark: Mark;
  text: string;
}

/** One line of either text; `pieces` where it was changed into the one beside it, or out of it. */
export interface Line {
  mark: Mark;
  text: string;
  pieces?: Piece[];
}

export interface TextDifference {
  lines: Line[];
  isExact: boolean;
}

/** More words than these of one line are not told apart. */
const MOST_WORDS = 3000;
const MOST_LETTERS = 30_000;
/** Lines of which less is the same are said to be others, not changed. */
const LEAST_SAME = 0.35;
/** A longer text without a line's end is cut where it differs. */
const LONG_LINE = 4000;
/** So much of what is the same is shown around what differs in a long line. */
const AROUND = 120;

export function differenceOf(left: string, right: string): TextDifference {
  const [a, b] = [left.split("\n"), right.split("\n")];
  const { pairs, isExact } = align(a, b);
  const lines: Line[] = [];
  let removed: string[] = [];
  let added: string[] = [];
  const flush = () => {
    lines.push(...changedLines(removed, added));
    [removed, added] = [[], []];
  };
  for (const { left: i, right: j } of pairs) {
    if (i >= 0 && j >= 0) {
      flush();
      lines.push({ mark: "same", text: a[i] ?? "" });
    } else if (i >= 0) removed.push(a[i] ?? "");
    else added.push(b[j] ?? "");
  }
  flush();
  return { lines, isExact };
}

/** Lines that stand for each other: in order, where there are as many of both; else each on its own. */
function changedLines(removed: readonly string[], added: readonly string[]): Line[] {
  const pairs = removed.length === added.length ? removed.map((text, i) => wordsOf(text, added[i] ?? "")) : [];
  const line = (mark: "removed" | "added") => (text: string, i: number) => {
    const pieces = pairs[i]?.filter((piece) => piece.mark === "same" || piece.mark === mark);
    return pieces ? { mark, text, pieces } : { mark, text };
  };
  return [...removed.map(line("removed")), ...added.map(line("added"))];
}

/** The words of both lines in one row; null where they have too little in common. */
export function wordsOf(left: string, right: string): Piece[] | null {
  const [start, end] = commonEnds(left, right);
  const [a, b] = [left.slice(start, left.length - end), right.slice(start, right.length - end)];
  const middle = piecesOf(a, b);
  const kept = start + end + middle.reduce((sum, { mark, text }) => sum + (mark === "same" ? lettersIn(text) : 0), 0);
  if (kept < LEAST_SAME * Math.max(lettersIn(left), lettersIn(right))) return null;
  const before: Piece = { mark: "same", text: left.slice(0, start) };
  const after: Piece = { mark: "same", text: left.slice(left.length - end) };
  return [before, ...middle, after].filter(({ text }) => text);
}

/** Spaces are in all lines. */
const lettersIn = (text: string): number => text.length - (text.match(/\s/g)?.length ?? 0);

/** How many letters both begin and end with, in whole words where these are short. */
function commonEnds(left: string, right: string): [number, number] {
  if (Math.max(left.length, right.length) <= MOST_LETTERS) return [0, 0]; // words tell
  const most = Math.min(left.length, right.length);
  let start = 0;
  while (start < most && left[start] === right[start]) start++;
  let end = 0;
  while (end < most - start && left[left.length - 1 - end] === right[right.length - 1 - end]) end++;
  return [wholeAt(left, start) ? start : start - 1, wholeAt(left, left.length - end) ? end : end - 1];
}

/** Not within a letter of two code units. */
const wholeAt = (text: string, place: number): boolean => {
  const code = text.charCodeAt(place);
  return place <= 0 || !(code >= 0xdc00 && code <= 0xdfff);
};

function piecesOf(left: string, right: string): Piece[] {
  const [a, b] = [splitWords(left), splitWords(right)];
  const pieces: Piece[] = [];
  const add = (mark: Mark, text: string) => {
    const last = pieces.at(-1);
    if (last?.mark === mark) last.text += text;
    else if (text) pieces.push({ mark, text });
  };
  for (const { left: i, right: j } of align(a, b).pairs) {
    if (i >= 0 && j >= 0) add("same", a[i] ?? "");
    else if (i >= 0) add("removed", a[i] ?? "");
    else add("added", b[j] ?? "");
  }
  return pieces;
}

const segments = new Intl.Segmenter(undefined, { granularity: "word" });

/** Words, spaces and signs, of any script; a text that is too long is one of them. */
function splitWords(text: string): string[] {
  if (!text) return [];
  if (text.length > MOST_LETTERS) return [text];
  const words = Array.from(segments.segment(text), ({ segment }) => segment);
  return words.length > MOST_WORDS ? [text] : words;
}

/** `pieces` with the long ones cut in the middle: what is the same beside what differs is enough. */
export function shortened(pieces: readonly Piece[]): Piece[] {
  const letters = pieces.reduce((sum, { text }) => sum + text.length, 0);
  if (letters <= LONG_LINE) return [...pieces];
  return pieces.map(({ mark, text }, i) => {
    const room = mark === "same" ? AROUND * 2 : LONG_LINE / 2;
    return text.length <= room * 1.2
      ? { mark, text }
      : { mark, text: cut(text, room, i === 0, i === pieces.length - 1) };
  });
}

function cut(text: string, room: number, isFirst: boolean, isLast: boolean): string {
  const left = (letters: number) => ` … ${letters.toLocaleString("en-US")} letters … `;
  if (isFirst) return `${left(text.length - room)}${text.slice(-room)}`;
  if (isLast) return `${text.slice(0, room)}${left(text.length - room)}`;
  return `${text.slice(0, room / 2)}${left(text.length - room)}${text.slice(-room / 2)}`;
}
