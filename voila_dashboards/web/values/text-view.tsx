/** A text of several lines or paragraphs in its own face and direction; of a long one, the beginning. */

import type { VNode } from "preact";
import { useMemo, useState } from "preact/hooks";
import { later } from "../parts/later.tsx";
import { useIsIn, useSought } from "../parts/sought.ts";
import { overwrites, withoutColours } from "../text/colours.ts";
import { faceOf } from "../text/faces.ts";
import { bytes } from "../text/numbers.ts";
import { piecesOf } from "../text/pieces.ts";
import type ScreenView from "./screen-view.tsx";

export const LONG_TEXT = 700;
const LONG_LINES = 12;
/** A few letters more than the rest of a text are worth no click. */
const SLACK = 1.3;

interface TextProps {
  text: string;
  /** How much longer than usual it may be. */
  room?: number;
  /** Leave characters that turn text around to do their work, as in a text that was written from the right. */
  isRaw?: boolean;
  /** It is what a terminal shows. */
  isOutput?: boolean;
}

const diff = later<{ text: string; plain: VNode }>(() => import("./diff-view.tsx"));
const screen = later<Parameters<typeof ScreenView>[0]>(() => import("./screen-view.tsx"));

export function TextView(props: TextProps): VNode {
  const { text } = props;
  const isScreen = useMemo(() => overwrites(text), [text]);
  const isIn = useIsIn();
  const draw = (some: string) => <PlainText {...props} text={some} isOutput={isScreen} />;
  return isScreen ? <screen.Draw of={{ text, isIn, draw }} meanwhile={draw(text)} /> : draw(text);
}

function PlainText({ text, room = 1, isRaw = true, isOutput = false }: TextProps): VNode {
  const [isAsked, showWhole] = useState(false);
  const isSought = useSought(() => text);
  const isWhole = isAsked || isSought;
  const face = useMemo(() => (isOutput ? "code" : faceOf(text)), [text, isOutput]);
  const shown = isWhole || !isLong(text, room) ? text : `${beginning(text, room)}…`;
  const raw = isRaw && face === "prose" ? { "data-raw": "" } : {};
  const pieces = inPieces(withoutColours(shown));
  const plain = <span>{pieces}</span>;
  return (
    <div class={`cl-text cl-face-${face}`} dir={face === "prose" ? "auto" : "ltr"} {...raw}>
      {face === "diff" ? <diff.Draw of={{ text: shown, plain }} meanwhile={plain} /> : pieces}
      {isLong(text, room) && (
        <button type="button" class="cl-more" aria-expanded={isWhole} onClick={() => showWhole(!isAsked)}>
          {isWhole ? "Show less" : `Show all (${bytes(text.length)})`}
        </button>
      )}
    </div>
  );
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
