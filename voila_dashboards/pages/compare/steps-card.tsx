/** Steps side by side: the list, and how the two sides of the selected one differ. */

import type { ComponentChildren, VNode } from "preact";
import { useMemo, useState } from "preact/hooks";
import { clip, isBlank } from "../../web/text/labels.ts";
import { count, plural } from "../../web/text/numbers.ts";
import { ChangedField, Whole } from "./changed.tsx";
import { IN_WORDS, StepList } from "./step-list.tsx";
import { comparedOf, type StepComparison, type StepRow } from "./steps.ts";

interface StepsProps {
  steps: StepComparison;
  /** The key of the row that is looked at. */
  looked: string;
  look: (key: string) => void;
}

export function StepsCard({ steps: { rows, first, isExact }, looked, look }: StepsProps): VNode | null {
  const [isShort, shorten] = useState(false);
  const shown = useMemo(() => (isShort ? rows.filter(isApart) : rows), [rows, isShort]);
  const at = useMemo(() => shown.findIndex((row) => row.key === looked), [shown, looked]);
  if (!rows.length) return null;
  const row = rows.find((each) => each.key === looked);
  const go = (way: 1 | -1) => {
    const next = nextDifference(shown, at, way);
    if (next) look(next.key);
  };
  const press = (event: KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey || (event.key !== "n" && event.key !== "p")) return;
    event.preventDefault();
    go(event.key === "n" ? 1 : -1);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys of what is within
    <section class="cl-card cl-c-steps-card" id="cl-steps" onKeyDown={press}>
      <div class="cl-card-head">
        <h2 class="cl-card-title">Steps</h2>
        <span class="cl-muted" role="status">
          {inWords(rows)}
        </span>
        <Press press={() => go(-1)} title="Key: p">
          Previous difference
        </Press>
        <Press press={() => go(1)} title="Key: n">
          Next difference
        </Press>
        <Press press={() => shorten(!isShort)} isOn={isShort}>
          Only steps apart
        </Press>
      </div>
      {!isExact && (
        <p class="cl-hint">
          The runs differ very much: steps are put side by side as they come next, and some that are the same may stand
          apart.
        </p>
      )}
      <div class="cl-c-panes">
        <StepList rows={shown} at={at} first={rows[first]} look={(next) => look(next.key)} />
        {row && <StepDetails key={row.key} row={row} />}
      </div>
    </section>
  );
}

/** Not: both runs did it, and it ended alike. */
const isApart = ({ kind }: StepRow): boolean => kind !== "same" && kind !== "content";

function inWords(rows: readonly StepRow[]): string {
  const apart = rows.filter(isApart).length;
  const other = rows.filter(({ kind }) => kind === "content").length;
  return `${plural(rows.length, "step")}: ${count(apart)} apart, ${count(other)} with another content`;
}

/** The next row that differs from `at` on, round the end. */
export function nextDifference(rows: readonly StepRow[], at: number, way: 1 | -1): StepRow | undefined {
  for (let step = 1; step <= rows.length; step++) {
    const row = rows[(at + way * step + rows.length * 2) % rows.length];
    if (row && row.kind !== "same") return row;
  }
  return undefined;
}

function StepDetails({ row: { kind, left, right } }: { row: StepRow }): VNode {
  const name = (right ?? left)?.name ?? "";
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and keys must reach that
    <section class="cl-c-details" aria-label={`Step ${name}`} tabIndex={0}>
      <h3>
        <bdi>{clip(name, 200)}</bdi>
      </h3>
      <p class="cl-muted">{IN_WORDS[kind]}</p>
      {left && right ? <Both left={left} right={right} /> : <One part={right ?? left} isOther={!right} />}
    </section>
  );
}

function Both({ left, right }: { left: NonNullable<StepRow["left"]>; right: NonNullable<StepRow["right"]> }): VNode {
  const others = comparedOf(right);
  return (
    <>
      {comparedOf(left).map(([name, value], i) => (
        <ChangedField key={name} name={name} left={value} right={others[i]?.[1]} />
      ))}
    </>
  );
}

function One({ part, isOther }: { part: StepRow["left"]; isOther: boolean }): VNode {
  const told = part ? comparedOf(part).filter(([, value]) => !isBlank(value)) : [];
  return (
    <>
      {told.map(([name, value]) => (
        <div key={name} class="cl-field">
          <h4>{name}</h4>
          <Whole mark={isOther ? "removed" : "added"} value={value} />
        </div>
      ))}
      {!told.length && <p class="cl-muted">Nothing was recorded inside this step.</p>}
    </>
  );
}

interface PressProps {
  press: () => void;
  isOn?: boolean;
  title?: string;
  children: ComponentChildren;
}

const Press = ({ press, isOn, title, children }: PressProps): VNode => (
  <button
    type="button"
    class="cl-button cl-small"
    onClick={press}
    title={title}
    {...(isOn === undefined ? {} : { "aria-pressed": isOn })}
  >
    {children}
  </button>
);
