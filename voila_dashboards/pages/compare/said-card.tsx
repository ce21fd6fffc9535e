/** What was said in both runs, and what each said last. */

import type { VNode } from "preact";
import { LazyDetails } from "../../web/parts/lazy-details.tsx";
import { Portions } from "../../web/parts/portions.tsx";
import { isBlank } from "../../web/text/labels.ts";
import { plural } from "../../web/text/numbers.ts";
import { blocksOf } from "../../web/trace/blocks.ts";
import { TextView } from "../../web/values/text-view.tsx";
import { Changed, Whole } from "./changed.tsx";
import { Lines } from "./lines.tsx";
import { type Said, type TurnRow, textOf } from "./turns.ts";

const PORTION = 30;

export function FinalCard({ left, right }: { left: unknown; right: unknown }): VNode | null {
  if (isBlank(left) && isBlank(right)) return null;
  const [a, b] = [finalText(left), finalText(right)];
  return (
    <section class="cl-card">
      <h2 class="cl-card-title">Final response</h2>
      {a === b ? (
        <Same title="The same in both" text={a} />
      ) : (
        <Changed left={typeof left === "string" ? left : a} right={typeof right === "string" ? right : b} />
      )}
    </section>
  );
}

const finalText = (final: unknown): string => textOf(blocksOf(final));

export function ConversationCard({ turns }: { turns: readonly TurnRow[] }): VNode | null {
  if (!turns.length) return null;
  const rows = folded(turns);
  return (
    <section class="cl-card">
      <h2 class="cl-card-title">Conversation</h2>
      <ol class="cl-c-said">
        <Portions items={rows} portion={PORTION} draw={(row) => <Row row={row} />} />
      </ol>
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
        <bdi>{(right ?? left)?.name}</bdi>
      </h3>
      {left && right ? (
        <Lines left={left.text} right={right.text} />
      ) : (
        <Whole mark={right ? "added" : "removed"} value={(right ?? left)?.text || "(nothing)"} />
      )}
    </li>
  );
}

const Same = ({ title, text }: { title: string; text: string }): VNode => (
  <LazyDetails
    class="cl-c-equal"
    summary={<span class="cl-muted">{title}</span>}
    body={() => <TextView text={text} />}
  />
);
