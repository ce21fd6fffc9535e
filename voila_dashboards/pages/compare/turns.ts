/** What was said in two runs, turn by turn. Pure. */

import { isBlank } from "../../web/text/labels.ts";
import type { Block } from "../../web/trace/blocks.ts";
import { turnsIn } from "../../web/trace/told.ts";
import type { Run } from "../../web/trace/trace.ts";
import { usualOf } from "../../web/trace/unusual.ts";
import { jsonText } from "../../web/values/exact.ts";
import { align } from "./align.ts";
import { sentBy } from "./sent.ts";

/** A turn of either run, or of both. */
export interface TurnRow {
  left: Said | null;
  right: Said | null;
  isSame: boolean;
}

export interface Said {
  name: string;
  /** Turns of one role stand for each other, whoever speaks. */
  role: string;
  /** All that was said in it, without fields of its own: they are in `sent`. */
  text: string;
  /** The messages that it is made of: what the words above leave out is here. */
  sent: unknown[];
  /** Addresses of the pictures in it, each with the picture itself. */
  pictures: string[];
  /** Calls that steps tell of, and no message. */
  completed: string;
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
  const messages = usualOf(run.messages);
  const turns = turnsIn({ ...run, messages });
  const sent = sentBy(turns, messages);
  return turns.map(({ name, role, blocks }, place) => ({
    name,
    role: role === "other" ? name : role,
    text: textOf(blocks),
    sent: sent[place] ?? [],
    completed: textOf(blocks.filter((block) => block.kind === "call" && block.key !== undefined)),
    pictures: picturesIn(blocks),
  }));
}

const picturesIn = (blocks: readonly Block[]): string[] =>
  blocks.flatMap((block) => {
    if (block.kind === "picture") return [block.src];
    if (block.kind === "result") return picturesIn(block.blocks);
    return block.kind === "call" && block.result ? picturesIn(block.result.blocks) : [];
  });

/** What blocks hold, with line ends where people would make them. */
export const textOf = (blocks: readonly Block[]): string => blocks.map(blockText).filter(Boolean).join("\n\n").trim();

function blockText(block: Block): string {
  if (block.kind === "text" || block.kind === "thought") return block.text;
  if (block.kind === "picture") return pictureText(block.src);
  if (block.kind === "other") return jsonText(block.value, 2);
  if (block.kind === "rest") return "";
  if (block.kind === "result") return textOf(block.blocks);
  const { name, given, result, failed } = block;
  return [
    `${name} ${isBlank(given) ? "" : jsonText(given, 2)}`,
    failed ? "failed" : "",
    result && textOf(result.blocks),
  ]
    .filter(Boolean)
    .join("\n");
}

/** FNV-1a of what a picture is made of tells one from another. */
function pictureText(src: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < src.length; i++) hash = Math.imul(hash ^ src.charCodeAt(i), 0x01000193);
  return `(a picture, ${(hash >>> 0).toString(16).padStart(8, "0")})`;
}

/** Two turns are the same where nothing in them is another: not their words alone. */
const wholeOf = ({ role, sent, completed }: Said): string => `${role}\n${completed}\n${jsonText(sent)}`;

/** Turns between those that are the same: of one role, in order, they stand for each other. */
function paired(gone: readonly Said[], come: readonly Said[]): TurnRow[] {
  return align(
    gone.map(({ role }) => role),
    come.map(({ role }) => role),
  ).pairs.map(({ left, right }) => ({ left: gone[left] ?? null, right: come[right] ?? null, isSame: false }));
}
