/** The list of steps and what the selected one holds, side by side. */

import type { ComponentChildren, VNode } from "preact";
import { useMemo, useState } from "preact/hooks";
import { duration } from "../../web/text/numbers.ts";
import type { Debug } from "./debug.ts";
import { Details } from "./details.tsx";
import { guessesOf } from "./guesses.ts";
import type { Place } from "./layout.ts";
import type { Looking } from "./looking.ts";
import { measured } from "./measured.ts";
import { type KeptOpened, useOpened } from "./opening.ts";
import { idleGaps, scaleOf } from "./scale.ts";
import { StepList } from "./step-list.tsx";

const KINDS = [
  ["node", "node"],
  ["iteration", "iteration"],
  ["call", "tool call"],
  ["failed", "failed"],
] as const;

export interface DebuggerProps {
  debug: Debug;
  looking: Looking;
  opened: KeptOpened;
}

export default function Debugger({ debug: run, looking, opened }: DebuggerProps): VNode {
  const debug = useMemo(() => measured(run), [run]);
  const opening = useOpened(debug, looking, opened);
  const { groups, layout } = debug;
  const whole = { from: 0, to: layout.total };
  const [seen, see] = useState<Place>(whole);
  const [isFolded, fold] = useState(false);
  const gaps = useMemo(() => idleGaps(groups, layout), [groups, layout]);
  const scale = useMemo(() => scaleOf(seen, isFolded ? gaps : []), [seen, gaps, isFolded]);
  const guesses = useMemo(() => guessesOf(groups, layout), [groups, layout]);
  const place = layout.places.get(looking.part);
  const isWhole = seen.from === 0 && seen.to === layout.total;
  return (
    <section class="cl-card cl-debug">
      <div class="cl-card-head">
        <h2 class="cl-card-title">Steps</h2>
        <Legend />
        {gaps.length > 0 && (
          <Press isOn={isFolded} press={() => fold(!isFolded)}>
            Fold idle time ({duration(gaps.reduce((sum, { from, to }) => sum + to - from, 0))})
          </Press>
        )}
        {layout.isTimed && place && place.to > place.from && <Press press={() => see(place)}>Zoom to step</Press>}
        {!isWhole && <Press press={() => see(whole)}>Fit all</Press>}
        <Press press={() => opening.openAll(true)}>Expand all</Press>
        <Press press={() => opening.openAll(false)}>Collapse all</Press>
      </div>
      {guesses && <p class="cl-hint">{guesses}</p>}
      <div class="cl-panes">
        <StepList debug={debug} looking={looking} opening={opening} scale={scale} />
        <Details key={looking.part.key} debug={debug} looking={looking} />
      </div>
    </section>
  );
}

const Legend = (): VNode => (
  <p class="cl-legend">
    {KINDS.map(([kind, name]) => (
      <span key={kind}>
        <span class={`cl-swatch cl-g-${kind}`} aria-hidden="true" />
        {name}
      </span>
    ))}
  </p>
);

interface PressProps {
  press: () => void;
  /** Of a button that stays pressed. */
  isOn?: boolean;
  children: ComponentChildren;
}

const Press = ({ press, isOn, children }: PressProps): VNode => (
  <button
    type="button"
    class="cl-button cl-small"
    onClick={press}
    {...(isOn === undefined ? {} : { "aria-pressed": isOn })}
  >
    {children}
  </button>
);
