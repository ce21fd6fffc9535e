/** Which result is whose: by the id that both name, by the name of the tool, else by where they stand. */

import { isBlank, label } from "../text/labels.ts";
import { jsonText } from "../values/exact.ts";
import type { Block, Call, Result } from "./blocks.ts";
import { callOf, isOther, joinCalls, joinOne, listed } from "./one-call.ts";
import { isOpen, MOST_LOOKED_AT, type Queue, queued, type Waiter } from "./queues.ts";
import type { Part } from "./trace.ts";

interface Answering {
  blocks: Block[];
  hadResults: boolean;
}

/** Puts each result to its call; one that could be another's stays where it is. */
export function answered<T extends Answering>(turns: readonly T[]): T[] {
  const waiting = new Waiting();
  const placed = new Set<Block>();
  for (let at = 0; at < turns.length; ) {
    waiting.add(at, callsIn(turns[at]));
    const to = endOfResults(turns, at);
    const results = turns.slice(at, to).flatMap((turn) => turn.blocks.filter((block) => block.kind === "result"));
    for (const result of waiting.answer(results, at)) placed.add(result);
    at = Math.max(at + 1, to);
  }
  return turns.map((turn) => {
    const blocks = turn.blocks.filter((block) => !placed.has(block));
    return { ...turn, blocks, hadResults: blocks.length < turn.blocks.length };
  });
}

const callsIn = (turn: Answering | undefined): Call[] => (turn?.blocks ?? []).filter((block) => block.kind === "call");

/** Behind the turns from `at` on, one after the other, that have results, and but for the first no calls. */
function endOfResults(turns: readonly Answering[], at: number): number {
  let to = at;
  while (turns[to]?.blocks.some((block) => block.kind === "result") && (to === at || !callsIn(turns[to]).length)) to++;
  return to;
}

/** Calls without a result so far. */
class Waiting {
  readonly #byId = new Map<string, Queue>();
  readonly #byName = new Map<string, Queue>();
  /** Those of the last turns that call, one after the other. */
  #batch: Waiter[] = [];
  /** The place of the first of these turns. */
  #begun = 0;
  #last = -2;
  /** What has come back, by the id of its call. */
  readonly #known = new Map<string, Call>();

  add(at: number, calls: readonly Call[]): void {
    if (!calls.length) return;
    if (this.#last !== at - 1) [this.#batch, this.#begun] = [[], at];
    this.#last = at;
    for (const call of calls) {
      if (call.result) this.#note(call);
      else this.#wait({ call, at });
    }
  }

  #wait(waiter: Waiter): void {
    this.#batch.push(waiter);
    for (const id of waiter.call.ids) queued(this.#byId, id).add(waiter);
    queued(this.#byName, waiter.call.name).add(waiter);
  }

  /** The results, which begin in the turn `at`, that have found their call. */
  answer(results: readonly Result[], at: number): Result[] {
    const found = results.filter((result) => this.#byItsId(result) || this.#isKnown(result));
    const settled = new Set(found);
    const rest = results.filter((result) => !settled.has(result) && !result.isAnother);
    const named = rest.filter((result) => result.name !== "" && this.#byItsName(result));
    const nameless = rest.filter((result) => result.name === "");
    return [...found, ...named, ...this.#byPlace(nameless, at)];
  }

  /** Of calls that share an id the last turn's; within a turn the first. */
  #byItsId(result: Result): boolean {
    if (!result.id) return false;
    const alike = this.#byId.get(result.id)?.last(({ call }) => !isOther(call.name, result.name)) ?? [];
    return this.#settle(
      alike.find(({ at }) => at === alike.at(-1)?.at),
      result,
    );
  }

  /** Whether it is said again what came back for a call; another result of one says that it is. */
  #isKnown(result: Result): boolean {
    const call = this.#known.get(result.id);
    if (!call || isOther(call.name, result.name)) return false;
    result.isAnother = true;
    return jsonText(call.result?.blocks) === jsonText(result.blocks);
  }

  #byItsName(result: Result): boolean {
    const queue = this.#byName.get(result.name);
    const suits = (waiter: Waiter) => mayAnswer(waiter, result);
    return this.#settle(queue?.first(suits, this.#begun) ?? queue?.first(suits), result);
  }

  /** Where as many wait as come back at once, right behind them, each is the next one's. */
  #byPlace(results: readonly Result[], at: number): readonly Result[] {
    const open = this.#batch.filter(isOpen);
    const isClear = at <= this.#last + 1 && results.length === open.length;
    if (!isClear || !results.every((result, i) => mayAnswer(open[i] as Waiter, result))) return [];
    for (const [i, result] of results.entries()) this.#settle(open[i], result);
    return results;
  }

  #settle(waiter: Waiter | undefined, result: Result): boolean {
    if (!waiter) return false;
    const { call } = waiter;
    call.result = result;
    call.failed ||= result.failed;
    this.#note(call);
    return true;
  }

  #note(call: Call): void {
    for (const id of call.ids) this.#known.set(id, call);
  }
}

/** Ids that both say, and that differ, say that they do not belong together. */
const mayAnswer = ({ call }: Waiter, { id }: Result): boolean => id === "" || !call.ids.length;

/**
 * Makes a call and its step in the run one, by the id that both have, else by what was called: either may hold the
 * result, and say that it failed. A result without a call is one with the step that gave back the same.
 */
export function completed<T extends Answering>(turns: readonly T[], steps: readonly Part[]): T[] {
  joinCalls(turns.flatMap(callsIn), steps);
  const complete = completing(steps);
  return turns.map((turn) => ({ ...turn, blocks: turn.blocks.map(complete) }));
}

function completing(calls: readonly Part[]): (block: Block) => Block {
  let from = 0;
  let places: Map<string, number[]> | null = null;
  return (block) => {
    if (block.kind !== "result" || block.isAnother) return block;
    places ??= placesByBack(calls);
    const alike = places.get(backOf(block) ?? "\0") ?? [];
    while (alike.length && (alike.at(-1) as number) < from) alike.pop();
    const at = alike.slice(-MOST_LOOKED_AT).findLast((place) => suits(calls[place], block)) ?? -1;
    const step = calls[at];
    if (!step) return block;
    from = at + 1;
    const whole = { ...callOf(step), name: step.name, result: block, failed: block.failed, rest: {} };
    joinOne(whole, step, true);
    return whole;
  };
}

const suits = (step: Part | undefined, { id, name }: Result): boolean =>
  step !== undefined && !isOther(step.name, name) && (id === "" || isBlank(step.raw.id) || label(step.raw.id) === id);

function backOf({ blocks }: Result): string | null {
  const [only, ...more] = blocks.filter((block) => block.kind !== "rest");
  return only === undefined ? "" : only.kind === "text" && !more.length ? only.text.trim() : null;
}

/** Where calls are that gave back the same, the first one last. */
function placesByBack(calls: readonly Part[]): Map<string, number[]> {
  const places = new Map<string, number[]>();
  calls.forEach(({ raw }, place) => {
    const back = typeof raw.result === "string" ? raw.result.trim() : jsonText(raw.result ?? "");
    listed(places, back).push(place);
  });
  for (const alike of places.values()) alike.reverse();
  return places;
}
