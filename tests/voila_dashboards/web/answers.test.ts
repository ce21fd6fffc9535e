/** Which result is whose: none may stand with a call that it could not be of. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Block, Call, Result } from "../../../voila_dashboards/web/trace/blocks.ts";
import { turnsOf } from "../../../voila_dashboards/web/trace/conversation.ts";
import { inSequence } from "../../../voila_dashboards/web/trace/nest.ts";
import { readTrace } from "../../../voila_dashboards/web/trace/trace.ts";

type Message = Record<string, unknown>;

const calling = (...calls: Message[]): Message => ({ role: "assistant", content: "", tool_calls: calls });
const called = (name: string, n: number, id?: string): Message => ({ name, arguments: { n }, ...(id ? { id } : {}) });
const back = (content: string, more: Message = {}): Message => ({ role: "tool", content, ...more });
const user = (content: string): Message => ({ role: "user", content });

const wordsIn = (blocks: readonly Block[] | undefined): string | null =>
  blocks ? blocks.map((block) => (block.kind === "text" ? block.text : "")).join("") : null;

/** Calls as `name n: result`, and results alone as `result?`. */
const pairs = (messages: Message[], trace: Message = {}): string[] => {
  const steps = inSequence(readTrace(trace).groups).filter((part) => part.kind === "tool call");
  const blocks = turnsOf(messages, steps).flatMap((turn) => turn.blocks);
  const told = (block: Call | Result): string =>
    block.kind === "result"
      ? `${wordsIn(block.blocks)}${block.isAnother ? "!" : "?"}`
      : `${block.name} ${(block.given as { n: number } | undefined)?.n}: ${wordsIn(block.result?.blocks)}`;
  return blocks.flatMap((block) => (block.kind === "call" || block.kind === "result" ? [told(block)] : []));
};

test("a result goes to the call whose id it names, however many stand between", () => {
  assert.deepEqual(
    pairs([
      calling(called("a", 1, "x"), called("b", 2, "y")),
      user("Well?"),
      back("two", { tool_call_id: "y" }),
      back("one", { tool_call_id: "x" }),
    ]),
    ["a 1: one", "b 2: two"],
  );
});

test("of calls that share an id the latest has the result, and of one turn the first", () => {
  const again = [
    calling(called("a", 1, "0")),
    back("one", { tool_call_id: "0" }),
    calling(called("a", 2, "0")),
    back("two", { tool_call_id: "0" }),
  ];

  assert.deepEqual(pairs(again), ["a 1: one", "a 2: two"]);
  assert.deepEqual(
    pairs([
      calling(called("a", 1, "0")),
      user("Well?"),
      calling(called("a", 2, "0")),
      back("two", { tool_call_id: "0" }),
    ]),
    ["a 1: null", "a 2: two"],
  );
  assert.deepEqual(
    pairs([
      calling(called("a", 1, "0"), called("a", 2, "0")),
      back("one", { tool_call_id: "0" }),
      back("two", { tool_call_id: "0" }),
    ]),
    ["a 1: one", "a 2: two"],
  );
});

test("a result without an id is not that of a call of an earlier turn, which may hang", () => {
  const messages = [
    calling(called("charge_card", 10)),
    user("it hung, try the other"),
    calling(called("find_order", 7)),
    back("order 7: paid"),
  ];

  assert.deepEqual(pairs(messages), ["charge_card 10: null", "find_order 7: order 7: paid"]);
  assert.deepEqual(pairs([messages[0] ?? {}, user("it hung"), back("order 7: paid")]), [
    "charge_card 10: null",
    "order 7: paid?",
  ]);
});

test("results without ids go by name, and without names by place where as many come as were called", () => {
  const both = calling(called("a", 1), called("b", 2));

  assert.deepEqual(pairs([both, back("two", { name: "b" }), back("one", { name: "a" })]), ["a 1: one", "b 2: two"]);
  assert.deepEqual(pairs([both, back("one"), back("two")]), ["a 1: one", "b 2: two"]);
  assert.deepEqual(pairs([both, back("whose")]), ["a 1: null", "b 2: null", "whose?"]);
  assert.deepEqual(pairs([both, back("two", { name: "b" }), back("one")]), ["a 1: one", "b 2: two"]);
  assert.deepEqual(pairs([both, back("one"), back("two"), back("three")]), [
    "a 1: null",
    "b 2: null",
    "one?",
    "two?",
    "three?",
  ]);
});

test("a result whose name or id is another's stands alone", () => {
  assert.deepEqual(pairs([calling(called("charge_card", 1)), back("paid", { name: "find_order" })]), [
    "charge_card 1: null",
    "paid?",
  ]);
  assert.deepEqual(pairs([calling(called("a", 1, "x")), back("one", { tool_call_id: "y" })]), ["a 1: null", "one?"]);
  assert.deepEqual(pairs([calling(called("a", 1, "x")), back("one", { tool_call_id: "x", name: "b" })]), [
    "a 1: null",
    "one?",
  ]);
  assert.deepEqual(pairs([calling(called("shop.find", 1, "x")), back("one", { tool_call_id: "x", name: "find" })]), [
    "shop.find 1: one",
  ]);
});

test("a second result of a call says so, and one that is said twice is said once", () => {
  const first = [calling(called("a", 1, "x")), back("one", { tool_call_id: "x" })];

  assert.deepEqual(pairs([...first, back("more", { tool_call_id: "x" })]), ["a 1: one", "more!"]);
  assert.deepEqual(pairs([...first, back("one", { tool_call_id: "x" })]), ["a 1: one"]);
  const own = calling({ ...called("a", 1, "x"), result: "one" });
  assert.deepEqual(pairs([own, back("one", { tool_call_id: "x" })]), ["a 1: one"]);
});

test("a call whose result only its step holds has it, and each of calls that share an id its own", () => {
  const step = (n: number, more: Message) => ({ tool_calls: [{ id: "0", name: "a", arguments: { n }, ...more }] });
  const messages = [calling(called("a", 1, "0")), user("Well?"), calling(called("a", 2, "0"))];
  const trace = { react_iterations: [step(1, { result: "one" }), step(2, { error: "declined" })] };

  assert.deepEqual(pairs(messages, trace), ["a 1: one", "a 2: declined"]);
  const calls = turnsOf(
    messages,
    inSequence(readTrace(trace).groups).filter((part) => part.kind === "tool call"),
  );
  assert.deepEqual(
    calls.flatMap((turn) => turn.blocks.flatMap((block) => (block.kind === "call" ? [[block.key, block.failed]] : []))),
    [
      ["i1.c1", false],
      ["i2.c1", true],
    ],
  );
  assert.deepEqual(pairs(messages, { react_iterations: [step(1, { result: "one" })] }), ["a 1: null", "a 2: null"]);
});

test("a result is not made one with a step of another name or id that gave back the same", () => {
  const trace = { tool_calls: [{ id: "1", name: "charge_card", arguments: { n: 1 }, result: "ok" }] };

  assert.deepEqual(pairs([back("ok")], trace), ["charge_card 1: ok"]);
  assert.deepEqual(pairs([back("ok", { name: "find_order" })], trace), ["ok?"]);
  assert.deepEqual(pairs([back("ok", { tool_call_id: "2" })], trace), ["ok?"]);
});

/** Mulberry32: numbers in [0, 1), the same ones for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A conversation in which every result says, in its words, which calls it can be of. */
function generated(random: () => number): Message[] {
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;
  const messages: Message[] = [];
  for (let i = 0; i < 12; i++) {
    const kind = random();
    const ids = pick([undefined, "0", "1", `id${i}`]);
    if (kind < 0.35)
      messages.push(
        calling(
          ...Array.from({ length: 1 + Math.floor(random() * 3) }, () =>
            called(pick(["a", "b", "c"]), i, random() < 0.6 ? pick([ids ?? "2", "0"]) : undefined),
          ),
        ),
      );
    else if (kind < 0.45) messages.push(user("Well?"));
    else {
      const name = random() < 0.5 ? pick(["a", "b", "c"]) : undefined;
      const id = random() < 0.6 ? pick(["0", "1", `id${i - 1}`, `id${i - 2}`]) : undefined;
      messages.push(
        back(JSON.stringify(`${i} ${name ?? "-"} ${id ?? "-"}`), {
          ...(name ? { name } : {}),
          ...(id ? { tool_call_id: id } : {}),
        }),
      );
    }
  }
  return messages;
}

test("no generated result is lost, is twice there, or stands with a call that it contradicts or came before", () => {
  for (let seed = 1; seed <= 3000; seed++) {
    const messages = generated(randomOf(seed));
    const blocks = turnsOf(messages).flatMap((turn) => turn.blocks.map((block) => ({ block, turn: turn.index })));
    const results: string[] = [];
    for (const { block, turn } of blocks) {
      const result = block.kind === "call" ? block.result : block.kind === "result" ? block : null;
      if (!result) continue;
      const words = wordsIn(result.blocks) ?? "";
      results.push(words);
      if (block.kind !== "call") continue;
      const [place, name, id] = JSON.parse(words).split(" ");
      assert.ok(name === "-" || name === block.name, `seed ${seed}: ${words} with ${block.name}`);
      assert.ok(id === "-" || !block.ids.length || block.ids.includes(id), `seed ${seed}: ${words} with ${block.ids}`);
      assert.ok(Number(place) > turn, `seed ${seed}: ${words} before its call`);
    }
    const sent = messages.flatMap((message) => (message.role === "tool" ? [message.content] : []));
    assert.deepEqual(results.sort(), sent.sort(), `seed ${seed}`);
  }
});

const MANY = 20_000;

test("results that are nobody's cost no more than others, however many calls wait", { timeout: 20_000 }, () => {
  const calls = Array.from({ length: MANY }, (_, i) => called("find", i, `c${i}`));
  const theirs = (more: (i: number) => Message) => Array.from({ length: MANY }, (_, i) => back("x", more(i)));

  const others = pairs([calling(...calls), ...theirs((i) => ({ tool_call_id: `r${i}`, name: "find" }))]);
  const own = pairs([calling(...calls), ...theirs((i) => ({ tool_call_id: `c${MANY - 1 - i}` }))]);
  const alike = pairs(
    theirs((i) => ({ tool_call_id: `r${i}`, name: `z${i}` })),
    { tool_calls: calls.map((call) => ({ ...call, result: "x" })) },
  );

  assert.equal(others.filter((pair) => pair === "x?").length, MANY);
  assert.equal(own.filter((pair) => pair.endsWith(": x")).length, MANY);
  assert.equal(alike.filter((pair) => pair === "x?").length, MANY);
});
