/** A difference of files, with the colours of what its lines do. */

import type { VNode } from "preact";
import { lineKind } from "../text/line-kinds.ts";

/** Differences of more lines have no colours; nor those of more runs of lines: each is an element. */
const MOST_LINES = 20_000;
const MOST_RUNS = 400;

/** `plain` is drawn of what would be too many elements. */
export default function DiffView({ text, plain }: { text: string; plain: VNode }): VNode {
  const lines = text.split("\n", MOST_LINES + 1);
  const runs = lines.length <= MOST_LINES ? runsOf(lines) : [];
  if (!runs.length || runs.length > MOST_RUNS) return plain;
  return (
    <>
      {runs.map(({ kind, text: some }, i) => (
        <span key={i} class={`cl-diff-${kind}`}>
          {some}
        </span>
      ))}
    </>
  );
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
