/** What was said in both runs, and what each said last. */

import type { VNode } from "preact";
import { useMemo } from "preact/hooks";
import { LazyDetails } from "../../web/parts/lazy-details.tsx";
import { Portions } from "../../web/parts/portions.tsx";
import { isBlank } from "../../web/text/labels.ts";
import { plural } from "../../web/text/numbers.ts";
import { finalOf } from "../../web/trace/final.ts";
import { Picture } from "../../web/values/picture.tsx";
import { TextView } from "../../web/values/text-view.tsx";
import { Changed, Whole } from "./changed.tsx";
import { isEqual } from "./json.ts";
import { Lines } from "./lines.tsx";
import { type Said, type TurnRow, textOf } from "./turns.ts";

const PORTION = 30;

export function FinalCard({ left, right }: { left: unknown; right: unknown }): VNode | null {
  const isSame = useMemo(() => isEqual(left, right), [left, right]);
  if (isBlank(left) && isBlank(right)) return null;
  const [a, b] = [finalText(left), finalText(right)];
  const isWords = typeof left === "string" || typeof right === "string";
  return (
    <section class="cl-card">
      <h2 class="cl-card-title">Final response</h2>
      {isSame ? (
        <Same title="The same in both" text={a} />
      ) : a === b && !isWords ? (
        <Changed left={left} right={right} />
      ) : (
        <Changed left={typeof left === "string" ? left : a} right={typeof right === "string" ? right : b} />
      )}
    </section>
  );
}

const finalText = (final: unknown): string => textOf(finalOf(final));

export function ConversationCard({ turns }: { turns: readonly TurnRow[] }): VNode | null {
  if (!turns.length) return null;
  const rows = folded(turns);
  return (
    <section class="cl-card">
      <h2 class="cl-card-title">Conversation</h2>
      <ol class="cl-c-said">
        <Portions items={rows} portion={PORTION} draw={(row) => <Row row={row} />} />
      </ol>
      <p class="cl-hint">Ids, times and what was counted, as tokens, differ in every run and are not compared.</p>
    </section>
  );
}

/** Turns that differ, and those that are the same in a row as one. */
function folded(turns: readonly TurnRow[]): (TurnRow | Said[])[] {
  const rows: (TurnRow | Said[])[] = [];
  for (const turn of turns) {
    const last = rows.at(-1);
    if (!turn.isSame || !turn.right) rows.push(turn);
    else if (Array.isArray(last)) last.push(turn.right);
    else rows.push([turn.right]);
  }
  return rows;
}

function Row({ row }: { row: TurnRow | Said[] }): VNode {
  if (Array.isArray(row))
    return (
      <li>
        <Same
          title={`${plural(row.length, "turn")} the same`}
          text={row.map(({ name, text }) => `${name}\n${text}`).join("\n\n")}
        />
      </li>
    );
  const { left, right } = row;
  return (
    <li>
      <h3>
        {left && right && left.name !== right.name && (
          <>
            <bdi>{left.name}</bdi>
            {" → "}
          </>
        )}
        <bdi>{(right ?? left)?.name}</bdi>
      </h3>
      {left && right ? (
        <Both left={left} right={right} />
      ) : (
        <>
          <Whole mark={right ? "added" : "removed"} value={(right ?? left)?.text || "(nothing)"} />
          <Pictures of={right ?? left} />
        </>
      )}
    </li>
  );
}

/** Words that differ, and what else does; where no word does, only that. */
function Both({ left, right }: { left: Said; right: Said }): VNode {
  const fields = () => <Changed left={alone(left.sent)} right={alone(right.sent)} />;
  return (
    <>
      {left.text === right.text ? (
        <>
          <p class="cl-muted">The same words; what was sent differs:</p>
          {fields()}
        </>
      ) : (
        <>
          <Lines left={left.text} right={right.text} />
          <LazyDetails
            class="cl-c-equal"
            summary={<span class="cl-muted">As it was sent, field by field</span>}
            body={fields}
          />
        </>
      )}
      {left.pictures.join() !== right.pictures.join() && (
        <div class="cl-c-pictures">
          <Pictures of={left} mark="removed" />
          <Pictures of={right} mark="added" />
        </div>
      )}
    </>
  );
}

const alone = (sent: unknown[]): unknown => (sent.length === 1 ? sent[0] : sent);

function Pictures({ of, mark }: { of: Said | null; mark?: "removed" | "added" }): VNode | null {
  if (!of?.pictures.length) return null;
  return (
    <p>
      {mark && <span class="cl-muted">{mark === "added" ? "In this ticket:" : "In the other ticket:"}</span>}
      {of.pictures.map((src, i) => (
        <Picture key={i} src={src} />
      ))}
    </p>
  );
}

const Same = ({ title, text }: { title: string; text: string }): VNode => (
  <LazyDetails
    class="cl-c-equal"
    summary={<span class="cl-muted">{title}</span>}
    body={() => <TextView text={text} />}
  />
);
