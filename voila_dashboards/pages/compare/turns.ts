/** What was said in two runs, turn by turn. Pure. */

import { isBlank } from "../../web/text/labels.ts";
import type { Block } from "../../web/trace/blocks.ts";
import { turnsOf } from "../../web/trace/conversation.ts";
import { inSequence } from "../../web/trace/nest.ts";
import type { Run } from "../../web/trace/trace.ts";
import { jsonText } from "../../web/values/exact.ts";
import { align } from "./align.ts";

/** A turn of either run, or of both; `text` is all that was said in it. */
export interface TurnRow {
  left: Said | null;
  right: Said | null;
  isSame: boolean;
}

export interface Said {
  name: string;
  text: string;
}

export function compareTurns(left: Run, right: Run): TurnRow[] {
  const [a, b] = [saidIn(left), saidIn(right)];
  const rows: TurnRow[] = [];
  let gone: Said[] = [];
  let come: Said[] = [];
  const flush = () => {
    rows.push(...paired(gone, come));
    [gone, come] = [[], []];
  };
  for (const { left: i, right: j } of align(a.map(wholeOf), b.map(wholeOf)).pairs) {
    const [said, answer] = [a[i] ?? null, b[j] ?? null];
    if (said && answer) {
      flush();
      rows.push({ left: said, right: answer, isSame: true });
    } else if (said) gone.push(said);
    else if (answer) come.push(answer);
  }
  flush();
  return rows;
}

function saidIn(run: Run): Said[] {
  const calls = inSequence(run.groups).filter((part) => part.kind === "tool call");
  return turnsOf(run.messages, calls).map(({ name, blocks }) => ({ name, text: textOf(blocks) }));
}

/** What blocks hold, with line ends where people would make them. */
export const textOf = (blocks: readonly Block[]): string => blocks.map(blockText).join("\n\n").trim();

function blockText(block: Block): string {
  if (block.kind === "text" || block.kind === "thought") return block.text;
  if (block.kind === "picture") return "(a picture)";
  if (block.kind === "other") return jsonText(block.value, 2);
  if (block.kind === "result") return textOf(block.blocks);
  const given = isBlank(block.given) ? "" : jsonText(block.given, 2);
  return [`${block.name} ${given}`, block.result && textOf(block.result.blocks)].filter(Boolean).join("\n");
}

const wholeOf = ({ name, text }: Said): string => `${name}\n${text}`;

/** Turns between those that are the same: of one speaker, in order, they stand for each other. */
function paired(gone: readonly Said[], come: readonly Said[]): TurnRow[] {
  return align(
    gone.map(({ name }) => name),
    come.map(({ name }) => name),
  ).pairs.map(({ left, right }) => ({ left: gone[left] ?? null, right: come[right] ?? null, isSame: false }));
}
