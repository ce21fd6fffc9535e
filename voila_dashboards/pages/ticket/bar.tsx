/** The bar of a step where it lies in time; of a group, one for each time in which something in it ran. */

import type { VNode } from "preact";
import { useTip } from "../../web/parts/tip.tsx";
import { clip, isBlank, isRecord, label } from "../../web/text/labels.ts";
import { duration } from "../../web/text/numbers.ts";
import type { Part } from "../../web/trace/trace.ts";
import type { Layout, Placed } from "./layout.ts";
import { barsOf, type Scale } from "./scale.ts";
import { tookInWords, tookOf } from "./took.ts";

const BARS = { node: "node", group: "group", iteration: "iteration", "tool call": "call" } as const;
const NOWHERE: Placed = { from: 0, to: 0, isGuessed: true };

export const placeOf = (part: Part, layout: Layout): Placed => layout.places.get(part) ?? NOWHERE;

interface BarProps {
  part: Part;
  layout: Layout;
  scale: Scale;
}

export function Bar({ part, layout, scale }: BarProps): VNode {
  const explained = useTip();
  const place = placeOf(part, layout);
  const isFailed = part.failed && part.kind !== "iteration" && part.kind !== "group";
  const kind = isFailed ? "failed" : BARS[part.kind];
  const names = [
    `cl-g-bar cl-g-${kind}`,
    part.failed && !isFailed && "cl-g-troubled",
    layout.isTimed && place.isGuessed && "cl-g-guessed",
  ];
  return (
    <>
      {barsOf(place.spans ?? [place], scale).map(({ from, to }, i) => {
        const left = Math.min(99.8, from * 100);
        const width = Math.max(0.2, to * 100 - left);
        return (
          <div
            key={i}
            class={names.filter(Boolean).join(" ")}
            style={{ left: `${left}%`, width: `${width}%` }}
            {...explained(() => <Explained part={part} layout={layout} />)}
          />
        );
      })}
    </>
  );
}

function Explained({ part, layout }: { part: Part; layout: Layout }): VNode {
  const sent = part.raw.error;
  const error = isRecord(sent) ? (sent.message ?? sent) : sent;
  const took = layout.isTimed || part.duration !== null ? tookInWords(part, tookOf(part, layout)) : null;
  return (
    <>
      <strong>{clip(part.name, 80)}</strong>
      <span> {part.kind === "group" ? "" : part.kind}</span>
      <div>{[beganOf(part, layout), took].filter(Boolean).join(", ")}</div>
      {part.failed && <div class="cl-bad">{isBlank(error) ? "failed" : clip(label(error), 160)}</div>}
    </>
  );
}

function beganOf(part: Part, layout: Layout): string | null {
  const { from, isGuessed } = placeOf(part, layout);
  if (!layout.isTimed) return null;
  return isGuessed ? "drawn where it stands in the log, its start is not recorded" : `start +${duration(from)}`;
}
