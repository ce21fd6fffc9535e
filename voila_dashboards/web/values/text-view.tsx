/** A text of several lines or paragraphs in its own face and direction; of a long one, the beginning. */

import type { VNode } from "preact";
import { useMemo, useState } from "preact/hooks";
import { useSought } from "../parts/sought.ts";
import { isOverriding } from "../text/bidi.ts";
import { type Face, faceOf, lineKind, withoutColours } from "../text/faces.ts";
import { bytes } from "../text/numbers.ts";
import { piecesOf } from "../text/pieces.ts";

export const LONG_TEXT = 700;
const LONG_LINES = 12;
/** Differences of more lines have no colours; nor those of more runs of lines: each is an element. */
const MOST_LINES = 20_000;
const MOST_RUNS = 400;
/** A few letters more than the rest of a text are worth no click. */
const SLACK = 1.3;

interface TextProps {
  text: string;
  /** How much longer than usual it may be. */
  room?: number;
  /** Leave characters that turn text around to do their work, as in a text that was written from the right. */
  isRaw?: boolean;
}

export function TextView({ text, room = 1, isRaw = true }: TextProps): VNode {
  const [isAsked, showWhole] = useState(false);
  const isSought = useSought(() => text);
  const isWhole = isAsked || isSought;
  const face = useMemo(() => faceOf(text), [text]);
  const shown = isWhole || !isLong(text, room) ? text : `${beginning(text, room)}…`;
  const raw = isRaw && face === "prose" && !isOverriding(shown) ? { "data-raw": "" } : {};
  return (
    <div class={`cl-text cl-face-${face}`} dir={face === "prose" ? "auto" : "ltr"} {...raw}>
      {inFace(shown, face)}
      {isLong(text, room) && (
        <button type="button" class="cl-more" aria-expanded={isWhole} onClick={() => showWhole(!isAsked)}>
          {isWhole ? "Show less" : `Show all (${bytes(text.length)})`}
        </button>
      )}
    </div>
  );
}

function inFace(text: string, face: Face): string | VNode[] {
  const lines = face === "diff" ? text.split("\n", MOST_LINES + 1) : [];
  const runs = lines.length && lines.length <= MOST_LINES ? runsOf(lines) : [];
  if (!runs.length || runs.length > MOST_RUNS) return inPieces(withoutColours(text));
  return runs.map(({ kind, text: some }, i) => (
    <span key={i} class={`cl-diff-${kind}`}>
      {some}
    </span>
  ));
}

/** Neighbouring lines that do the same, as one text. */
function runsOf(lines: readonly string[]): { kind: string; text: string }[] {
  const runs: { kind: string; lines: string[] }[] = [];
  for (const line of lines) {
    const kind = lineKind(line);
    const last = runs.at(-1);
    if (last?.kind === kind) last.lines.push(line);
    else runs.push({ kind, lines: [line] });
  }
  return runs.map(({ kind, lines: some }) => ({ kind, text: `${some.join("\n")}\n` }));
}

/** Of a long text the browser lays out the pieces that are in sight: of 3 MB as one it took a minute. */
function inPieces(text: string): string | VNode[] {
  const pieces = piecesOf(text);
  if (pieces.length === 1) return text;
  return pieces.map((piece, i) => (
    <span key={i} class="cl-piece">
      {piece}
    </span>
  ));
}

function isLong(text: string, room: number): boolean {
  const lines = LONG_LINES * room;
  return text.length > LONG_TEXT * room * SLACK || text.split("\n", lines * 2).length > lines * SLACK;
}

const beginning = (text: string, room: number): string =>
  text
    .split("\n", LONG_LINES * room)
    .join("\n")
    .slice(0, LONG_TEXT * room);
