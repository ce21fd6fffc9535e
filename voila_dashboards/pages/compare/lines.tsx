/** The lines of two texts: what one has only with a sign before it, and what both have where it is near. */

import type { VNode } from "preact";
import { useMemo } from "preact/hooks";
import { Portions } from "../../web/parts/portions.tsx";
import { faceOf } from "../../web/text/faces.ts";
import { plural } from "../../web/text/numbers.ts";
import { asWritten, endOf } from "../../web/text/terminal.ts";
import { differenceOf, type Line, type Mark, type Piece, shortened } from "./words.ts";

const PORTION = 200;
/** So many lines that are the same are shown beside those that differ. */
const AROUND = 3;

export const SIGNS: Readonly<Record<Mark, string>> = { same: " ", removed: "−", added: "+" };
export const IN_WORDS: Readonly<Record<Mark, string>> = {
  same: "",
  removed: "only in the other ticket: ",
  added: "only in this ticket: ",
};

export function Lines({ left, right }: { left: string; right: string }): VNode {
  const { lines, isExact } = useMemo(() => differenceOf(...seen(left, right)), [left, right]);
  const rows = useMemo(() => folded(lines), [lines]);
  const isProse = useMemo(() => faceOf(left || right) === "prose", [left, right]);
  return (
    <div class={`cl-c-lines ${isProse ? "" : "cl-c-code-lines"}`}>
      {!isExact && <p class="cl-hint">The two differ very much: lines that are the same may stand apart.</p>}
      <Portions
        items={rows}
        portion={PORTION}
        draw={(row) => (typeof row === "number" ? <Skipped lines={row} /> : <LineRow line={row} isProse={isProse} />)}
      />
    </div>
  );
}

const WAYS = [(text: string) => endOf(text).text, asWritten];

/** Both as they are shown where that differs, else as they were written. */
function seen(left: string, right: string): [string, string] {
  const way = WAYS.find((each) => each(left) !== each(right));
  return way ? [way(left), way(right)] : [left, right];
}

const Skipped = ({ lines }: { lines: number }): VNode => (
  <p class="cl-c-skipped">… {plural(lines, "line")} the same …</p>
);

/** Lines, and in place of those that are far from every difference how many they are. */
function folded(lines: readonly Line[]): (Line | number)[] {
  const near = new Uint8Array(lines.length);
  lines.forEach(({ mark }, i) => {
    if (mark !== "same") near.fill(1, Math.max(0, i - AROUND), i + AROUND + 1);
  });
  const rows: (Line | number)[] = [];
  lines.forEach((line, i) => {
    const last = rows.at(-1);
    if (near[i]) rows.push(line);
    else if (typeof last === "number") rows[rows.length - 1] = last + 1;
    else rows.push(1);
  });
  return rows;
}

export function LineRow({ line, isProse = true }: { line: Line; isProse?: boolean }): VNode {
  const { mark, text, pieces = [{ mark: "same", text }] as Piece[] } = line;
  const Tag = mark === "removed" ? "del" : mark === "added" ? "ins" : "span";
  return (
    <div class={`cl-c-line cl-c-l-${mark}`}>
      <span class="cl-c-sign" aria-hidden="true">
        {SIGNS[mark]}
      </span>
      <Tag class="cl-c-line-text" dir={isProse ? "auto" : "ltr"}>
        {mark !== "same" && <span class="cl-sr">{IN_WORDS[mark]}</span>}
        {shortened(pieces).map((piece, i) =>
          piece.mark === "same" ? <span key={i}>{piece.text}</span> : <b key={i}>{piece.text}</b>,
        )}
      </Tag>
    </div>
  );
}
