/** A text of several lines or paragraphs in its own face and direction; of a long one, the beginning. */

import type { VNode } from "preact";
import { useMemo, useState } from "preact/hooks";
import { useSought } from "../parts/sought.ts";
import { isOverriding } from "../text/bidi.ts";
import { type Face, faceOf, lineKind, withoutColours } from "../text/faces.ts";
import { bytes } from "../text/numbers.ts";

export const LONG_TEXT = 700;
const LONG_LINES = 12;
/** Longer differences have no colours: each line that has one is an element. */
const MOST_LINES = 2000;
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
  if (face === "prose") return withoutColours(text);
  const lines = face === "diff" ? text.split("\n", MOST_LINES + 1) : [];
  if (face === "code" || lines.length > MOST_LINES) return withoutColours(text);
  return lines.map((line, i) => (
    <span key={i} class={`cl-diff-${lineKind(line)}`}>
      {`${line}\n`}
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
