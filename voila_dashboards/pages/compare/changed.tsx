/** Two values of a log as their difference: texts by words, JSON key by key, everything else whole. */

import type { VNode } from "preact";
import { useMemo } from "preact/hooks";
import { LazyDetails } from "../../web/parts/lazy-details.tsx";
import { Portions } from "../../web/parts/portions.tsx";
import { isBlank } from "../../web/text/labels.ts";
import { plural } from "../../web/text/numbers.ts";
import { exactText, jsonText, parseJson } from "../../web/values/exact.ts";
import { Value } from "../../web/values/value.tsx";
import { type Change, isEqual, jsonDifference } from "./json.ts";
import { IN_WORDS, Lines, SIGNS } from "./lines.tsx";

const PORTION = 60;

interface ChangedProps {
  left: unknown;
  right: unknown;
}

/** A field of two steps; null where neither has it. */
export function ChangedField({ name, left, right }: ChangedProps & { name: string }): VNode | null {
  const isSame = useMemo(() => isEqual(left, right), [left, right]);
  if (isBlank(left) && isBlank(right)) return null;
  if (isSame)
    return (
      <LazyDetails
        class="cl-field cl-c-equal"
        summary={
          <>
            {name} <span class="cl-muted">the same</span>
          </>
        }
        body={() => <Value value={right} />}
      />
    );
  return (
    <div class="cl-field">
      <h4>{name}</h4>
      <Changed left={left} right={right} />
    </div>
  );
}

export function Changed({ left, right }: ChangedProps): VNode {
  const [a, b] = useMemo(() => [inside(left), inside(right)], [left, right]);
  if (isBlank(left) || isBlank(right))
    return <Whole mark={isBlank(left) ? "added" : "removed"} value={isBlank(left) ? right : left} />;
  const areBoth = isStructure(a) && isStructure(b) && Array.isArray(a) === Array.isArray(b);
  if (areBoth) return <JsonChanges left={a} right={b} />;
  return <Lines left={textOf(left)} right={textOf(right)} />;
}

const isStructure = (value: unknown): boolean => typeof value === "object" && value !== null;

/** Text that holds JSON is the JSON it holds. */
function inside(value: unknown): unknown {
  if (typeof value !== "string" || !/^\s*[[{]/.test(value)) return value;
  const held = parseJson(value, null);
  return isStructure(held) ? held : value;
}

const textOf = (value: unknown): string =>
  typeof value === "string" ? (exactText(value) ?? value) : jsonText(value, 2);

/** What one of the two has only. */
export const Whole = ({ mark, value }: { mark: "removed" | "added"; value: unknown }): VNode => (
  <div class={`cl-c-line cl-c-l-${mark} cl-c-whole-value`}>
    <span class="cl-c-sign" aria-hidden="true">
      {SIGNS[mark]}
    </span>
    <div class="cl-c-line-text">
      <span class="cl-sr">{IN_WORDS[mark]}</span>
      <Value value={value} />
    </div>
  </div>
);

function JsonChanges({ left, right }: ChangedProps): VNode {
  const { changes, same, isCut } = useMemo(() => jsonDifference(left, right), [left, right]);
  return (
    <div class="cl-c-keys">
      <Portions items={changes} portion={PORTION} draw={(change) => <KeyChange change={change} />} />
      {isCut && <p class="cl-hint">The two differ very much: not everything is compared.</p>}
      {same > 0 && <p class="cl-c-skipped">{plural(same, "other value")} the same</p>}
    </div>
  );
}

function KeyChange({ change: { kind, path, left, right } }: { change: Change }): VNode {
  return (
    <div class="cl-c-key">
      <p class="cl-c-key-path" dir="ltr">
        <bdi>{path || "(the whole)"}</bdi>
      </p>
      {kind === "changed" ? (
        <Lines left={shown(left)} right={shown(right)} />
      ) : (
        <Whole mark={kind} value={kind === "added" ? right : left} />
      )}
    </div>
  );
}

/** A text stands as it is; where it could be taken for another value, in quotation marks. */
function shown(value: unknown): string {
  if (typeof value !== "string" || exactText(value) !== null) return textOf(value);
  return /^(-?\d[\d.eE+-]*|true|false|null|)$/.test(value) ? JSON.stringify(value) : value;
}
