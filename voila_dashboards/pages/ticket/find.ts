/** Search in one ticket: turns and steps that hold every word that is looked for. */

import { wordsOf } from "../../web/trace/blocks.ts";
import type { Turn } from "../../web/trace/conversation.ts";
import { inSequence } from "../../web/trace/nest.ts";
import type { Part } from "../../web/trace/trace.ts";
import { jsonText } from "../../web/values/exact.ts";

export type Hit = { kind: "turn"; place: number } | { kind: "step"; key: string };

/** A place that can be found, with all its text in small letters. */
export interface Place {
  hit: Hit;
  text: string;
}

export function placesOf(turns: readonly Turn[], groups: readonly Part[]): Place[] {
  const said = turns.map((turn, place): Place => ({ hit: { kind: "turn", place }, text: textOfTurn(turn) }));
  const done = inSequence(groups).map(
    (part): Place => ({ hit: { kind: "step", key: part.key }, text: textOfStep(part) }),
  );
  return [...said, ...done];
}

const textOfTurn = ({ name, blocks, rest }: Turn): string =>
  `${name}\n${wordsOf(blocks)}\n${jsonText(rest)}`.toLowerCase();

/** What is in a step itself; calls of an iteration are steps of their own. */
function textOfStep({ name, raw, kind }: Part): string {
  const own = kind === "iteration" ? { ...raw, tool_calls: undefined } : raw;
  return `${name}\n${Object.entries(own).map(textOfField).join("\n")}`.toLowerCase();
}

const textOfField = ([name, value]: [string, unknown]): string =>
  `${name} ${typeof value === "string" ? value : jsonText(value)}`;

export const hitsOf = (places: readonly Place[], words: readonly string[]): Hit[] =>
  words.length ? places.filter(({ text }) => words.every((word) => text.includes(word))).map(({ hit }) => hit) : [];

/** The place of the next hit from `at` on, round at the ends; -1 where there is none. */
export const nextOf = (count: number, at: number, by: 1 | -1): number =>
  count ? (at < 0 ? (by > 0 ? 0 : count - 1) : (at + by + count) % count) : -1;
