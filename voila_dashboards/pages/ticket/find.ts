/** Search in one ticket: turns, steps and other parts of the page that hold the words that are looked for. */

import { fold } from "../../web/text/fold.ts";
import { searchable } from "../../web/text/terminal.ts";
import { wordsOf } from "../../web/trace/blocks.ts";
import type { Turn } from "../../web/trace/conversation.ts";
import { inSequence } from "../../web/trace/nest.ts";
import type { Part } from "../../web/trace/trace.ts";
import { plainText } from "../../web/values/plain-text.ts";
import type { Section, SectionName } from "./sections.ts";

export type Hit =
  | { kind: "turn"; place: number }
  | { kind: "step"; key: string }
  | { kind: "section"; name: SectionName };

/** A place that can be found, with all its text, folded. */
export interface Place {
  hit: Hit;
  text: string;
}

/** In this order they are found: what was said, what was done, and what stands beside it. */
export function placesOf(turns: readonly Turn[], groups: readonly Part[], sections: readonly Section[] = []): Place[] {
  const said = turns.map((turn, place): Place => ({ hit: { kind: "turn", place }, text: folded(textOfTurn(turn)) }));
  const done = inSequence(groups).map(
    (part): Place => ({ hit: { kind: "step", key: part.key }, text: folded(textOfStep(part)) }),
  );
  const beside = sections.map(({ name, text }): Place => ({ hit: { kind: "section", name }, text: folded(text) }));
  return [...said, ...done, ...beside];
}

const folded = (text: string): string => fold(searchable(text));

const textOfTurn = ({ name, blocks }: Turn): string => `${name}\n${wordsOf(blocks)}`;

/** What is in a step itself; calls of an iteration are steps of their own. */
function textOfStep({ name, raw, kind }: Part): string {
  const own = kind === "iteration" ? { ...raw, tool_calls: undefined } : raw;
  return `${name}\n${plainText(own)}`;
}

/** Where words were found. */
export interface Hits {
  hits: Hit[];
  /** Whether each hit has all of the words; else each word is somewhere, and each hit has some of them. */
  areWhole: boolean;
}

export function hitsOf(places: readonly Place[], words: readonly string[]): Hits {
  if (!words.length) return { hits: [], areWhole: true };
  const whole = places.filter(({ text }) => words.every((word) => text.includes(word)));
  if (whole.length) return { hits: whole.map(({ hit }) => hit), areWhole: true };
  const isEverywhere = words.every((word) => places.some(({ text }) => text.includes(word)));
  const some = isEverywhere ? places.filter(({ text }) => words.some((word) => text.includes(word))) : [];
  return { hits: some.map(({ hit }) => hit), areWhole: false };
}

/** The place of the next hit from `at` on, round at the ends; -1 where there is none. */
export const nextOf = (count: number, at: number, by: 1 | -1): number =>
  count ? (at < 0 ? (by > 0 ? 0 : count - 1) : (at + by + count) % count) : -1;
