/** What the page says of the times of steps: what their log tells, and nothing else. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Figures, figuresOf } from "../../../voila_dashboards/pages/ticket/figures.ts";
import { ownInWords, shareInWords } from "../../../voila_dashboards/pages/ticket/figures-in-words.ts";
import { type Layout, layOut, usableStarts } from "../../../voila_dashboards/pages/ticket/layout.ts";
import { barsOf, idleGaps, joined, scaleOf } from "../../../voila_dashboards/pages/ticket/scale.ts";
import { union } from "../../../voila_dashboards/pages/ticket/spans.ts";
import { tookInWords, tookOf, tookShort } from "../../../voila_dashboards/pages/ticket/took.ts";
import { inSequence } from "../../../voila_dashboards/web/trace/nest.ts";
import { type Part, readTrace } from "../../../voila_dashboards/web/trace/trace.ts";
import { randomOf, runOf } from "./generated.ts";

const at = (second: number) => new Date(Date.UTC(2026, 10, 23, 12, 0, 0, second * 1000)).toISOString();
const read = (trace: unknown) => {
  const { groups } = readTrace(trace);
  return { groups, layout: layOut(groups) };
};
const shortOf = (part: Part | undefined, layout: Layout) => part && tookShort(tookOf(part, layout));

/** For each of many generated runs; an error names the seed. */
function each(check: (groups: Part[], layout: Layout) => void): void {
  for (let seed = 1; seed <= 1500; seed++) {
    const { groups, layout } = read(runOf(randomOf(seed)));
    try {
      check(groups, layout);
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }
}

test("a group took the sum of its steps, and is drawn where they ran, not between them", () => {
  const { groups, layout } = read({
    nodes: [{ name: "agent", started_at: at(0), duration_ms: 8000 }],
    tool_calls: [
      { name: "quick", started_at: at(1), duration_ms: 50 },
      { name: "quick", started_at: at(5), duration_ms: 50 },
    ],
  });
  const calls = groups[1] as Part;

  assert.equal(shortOf(calls, layout), "Σ 100 ms");
  assert.equal(tookInWords(calls, tookOf(calls, layout)), "100 ms in all: the sum of 2 steps");
  assert.deepEqual(layout.places.get(calls)?.spans, [
    { from: 1000, to: 1050 },
    { from: 5000, to: 5050 },
  ]);
});

test("a group whose steps do not all say how long they took says that it knows a part", () => {
  const { groups, layout } = read({ tool_calls: [{ started_at: at(1), duration_ms: 50 }, { started_at: at(9) }] });
  const calls = groups[0] as Part;

  assert.equal(shortOf(calls, layout), "Σ ≥ 50 ms");
  assert.equal(tookInWords(calls, tookOf(calls, layout)), "at least 50 ms in all: the sum of 1 of 2 steps");
});

test("a step that says no duration has none, and at least that of what is in it", () => {
  const { groups, layout } = read({
    nodes: [
      { name: "agent", started_at: at(0), duration_ms: 5000 },
      { name: "open", started_at: at(6) },
    ],
    react_iterations: [
      { node: "agent", started_at: at(1) },
      { node: "open", started_at: at(7), duration_ms: 500 },
    ],
  });
  const [agent, open] = groups;

  assert.equal(shortOf(agent?.children[0], layout), "–");
  assert.equal(shortOf(open, layout), "≥ 1.5 s");
  assert.deepEqual(layout.places.get(open as Part), { from: 6000, to: 7500, isGuessed: false });
});

test("what is drawn by a guess stays within the step around it, and stretches no group", () => {
  const { groups, layout } = read({
    nodes: [{ name: "all", started_at: at(0), duration_ms: 1000 }],
    react_iterations: [
      { node: "all", duration_ms: 900 },
      { node: "all", duration_ms: 800 },
    ],
    tool_calls: [{ started_at: at(2), duration_ms: 100 }, { duration_ms: 5000 }],
  });
  const [all, calls] = groups as [Part, Part];
  const placeOf = (part: Part) => layout.places.get(part);

  assert.deepEqual(all.children.map(placeOf), [
    { from: 0, to: 900, isGuessed: true },
    { from: 200, to: 1000, isGuessed: true },
  ]);
  const spans = [{ from: 2000, to: 2100 }];
  assert.deepEqual(placeOf(calls), { from: 2000, to: 2100, isGuessed: false, spans });
  assert.equal(shortOf(calls, layout), "Σ 5.1 s");
});

test("a time in which a step of unknown length may have run is not idle", () => {
  const nodes = [{ started_at: at(0) }, { started_at: at(50), duration_ms: 1000 }];
  const open = read({ nodes });
  const told = read({ nodes: [{ started_at: at(0), duration_ms: 10 }, nodes[1]] });
  const within = read({
    nodes: [{ name: "all", started_at: at(0), duration_ms: 20_000 }, nodes[1]],
    react_iterations: [{ node: "all" }],
  });

  assert.deepEqual(idleGaps(open.groups, open.layout), []);
  assert.deepEqual(idleGaps(told.groups, told.layout), [{ from: 10, to: 50_000 }]);
  assert.deepEqual(idleGaps(within.groups, within.layout), [{ from: 20_000, to: 50_000 }]);
});

test("a date is no time", () => {
  const { layout } = read({
    nodes: [
      { started_at: "2026-11-23", duration_ms: 100 },
      { started_at: at(1), duration_ms: 100 },
    ],
  });
  assert.equal(layout.total, 100);
});

test("each step that says its time is drawn there, and every other as a guess", () => {
  each((groups, layout) => {
    const recorded = inSequence(groups).filter((part) => part.kind !== "group");
    const begins = usableStarts(recorded);
    for (const part of recorded) {
      const place = layout.places.get(part);
      assert.ok(place && place.to >= place.from && place.to <= layout.total);
      const begin = begins.get(part);
      if (begin !== undefined) assert.deepEqual([place.from, place.isGuessed], [begin, false]);
      if (layout.isTimed && part.duration !== null) assert.equal(place.to - place.from, part.duration);
      if (begin === undefined && !part.children.length) assert.ok(place.isGuessed);
    }
  });
});

test("a step without a duration covers nothing but what is known to be in it", () => {
  each((groups, layout) => {
    for (const part of inSequence(groups)) {
      const place = layout.places.get(part);
      if (!place || !layout.isTimed || part.duration !== null || part.kind === "group") continue;
      const inside = part.children.map((child) => layout.places.get(child) ?? place);
      const ends = inside.map(({ from, to, isGuessed }) => (isGuessed ? place.from + to - from : to));
      assert.equal(place.to, Math.max(place.from, ...ends));
    }
  });
});

test("a group covers only moments in which something in it ran, and its time is that of its steps", () => {
  each((groups, layout) => {
    for (const group of inSequence(groups).filter((part) => part.kind === "group" && layout.isTimed)) {
      const ran = inSequence(group.children).filter((part) => part.kind !== "group");
      const inside = ran.map((part) => layout.places.get(part));
      for (const span of layout.places.get(group)?.spans ?? [])
        for (const moment of [span.from, (span.from + span.to) / 2, span.to])
          assert.ok(inside.some((place) => place && place.from <= moment && moment <= place.to));
      const told = group.children.flatMap((child) => tookOf(child, layout)?.ms ?? []);
      const sum = told.reduce((all, ms) => all + ms, 0);
      assert.equal(tookOf(group, layout)?.ms ?? 0, sum);
    }
  });
});

test("a share of the run is one of its known time, whatever is drawn beyond it", () => {
  const nodes = [
    { name: "agent", started_at: at(0), duration_ms: 5000 },
    { name: "inner", parent: "agent", started_at: at(1), duration_ms: 2000 },
  ];
  const shares = (trace: unknown): (string | null)[] => {
    const { groups, layout } = read(trace);
    const figures = figuresOf(groups, layout);
    return inSequence(groups).map((part) => shareInWords(figures.get(part) as Figures));
  };

  assert.deepEqual(shares({ nodes, react_iterations: [{ node: "agent", started_at: at(4) }] }), [
    "100 %",
    "40 %",
    null,
  ]);
  assert.deepEqual(shares({ nodes: [...nodes, { duration_ms: 3000 }] }), ["~ 100 %", "~ 40 %", "~ 60 %"]);
  assert.deepEqual(shares({ nodes: [...nodes, { started_at: at(9) }] }), ["~ 55.6 %", "~ 22.2 %", null]);
  assert.deepEqual(shares({ nodes: [{ duration_ms: 100 }, { duration_ms: 300 }] }), ["~ 25 %", "~ 75 %"]);
  assert.deepEqual(shares({ nodes: [{ duration_ms: 100 }, {}] }), [null, null]);
  assert.deepEqual(shares({ nodes: [{ started_at: at(0) }] }), [null]);
});

test("own time is exact, an estimate or the most that it can be, by what the steps inside say", () => {
  const own = (...tool_calls: unknown[]): string | null => {
    const { groups, layout } = read({ react_iterations: [{ started_at: at(0), duration_ms: 5000, tool_calls }] });
    const iteration = inSequence(groups).find((part) => part.kind === "iteration") as Part;
    return ownInWords(figuresOf(groups, layout).get(iteration) as Figures);
  };

  assert.equal(own({ started_at: at(1), duration_ms: 2000 }), "3 s");
  assert.equal(own({ duration_ms: 2000 }), "~ 3 s");
  assert.equal(own({ started_at: at(1), duration_ms: 2000 }, { started_at: at(4) }), "≤ 3 s");
});

test("steps without times change no share of the others, and take none", () => {
  for (let seed = 1; seed <= 500; seed++) {
    const trace = runOf(randomOf(seed));
    const bare = { ...trace, react_iterations: [], tool_calls: [] };
    const [one, other] = [bare, { ...bare, react_iterations: [{}, {}], tool_calls: [{}, {}, {}] }].map((sent) => {
      const { groups, layout } = read(sent);
      const figures = figuresOf(groups, layout);
      const shares = inSequence(groups).map((part) => [part.key, figures.get(part)?.share] as const);
      return { run: layout.run, shares: new Map(shares.filter(([, share]) => share !== null)) };
    });
    if (one?.run?.isWhole) assert.deepEqual(other, { ...one, run: { ...one.run, isWhole: false } }, `seed ${seed}`);
    else if (other?.run) assert.deepEqual(other, one, `seed ${seed}`);
  }
});

test("spans are each moment once, and as many are drawn as can be seen", () => {
  const spans = [
    { from: 5, to: 6 },
    { from: 0, to: 2 },
    { from: 1, to: 3 },
  ];
  assert.deepEqual(union(spans), [
    { from: 0, to: 3 },
    { from: 5, to: 6 },
  ]);
  const many = Array.from({ length: 10_000 }, (_, i) => ({ from: i * 3, to: i * 3 + 1 }));
  assert.equal(barsOf(many, scaleOf({ from: 0, to: 30_000 }, [])).length, 1);
  const apart = [0, 1, 5, 6, 20].map((from) => ({ from, to: from + 0.5 }));
  assert.deepEqual(joined(apart, 2, 0), [
    { from: 0, to: 6.5 },
    { from: 20, to: 20.5 },
  ]);
  assert.equal(joined(apart, 9, 0).length, 5);
  assert.equal(joined(apart, 9, 1).length, 3);
});
