/** Today, 7, 30, 90 days, everything, or days of one's own. */

import type { VNode } from "preact";
import { useRef } from "preact/hooks";
import { type PageName, type PageParams, RANGE_NAMES, type RangeName } from "../generated/contract.ts";
import { fromStart } from "../session/addresses.ts";
import { useSession } from "../session/context.ts";
import { Link } from "./link.tsx";
import { Popover } from "./popover.tsx";

/** Pages that show a span of time. */
type Spanned = { [Name in PageName]: "range" extends keyof PageParams[Name] ? Name : never }[PageName];

const TEXTS: Record<RangeName, string> = {
  "1d": "Today",
  "7d": "7 days",
  "30d": "30 days",
  "90d": "90 days",
  all: "All",
};

/** A span of time within a sentence. */
export function rangeWords({ range, from, to }: { range: "" | RangeName; from: string; to: string }): string {
  if (range === "all") return "all time";
  if (range === "1d") return "today";
  return range ? `the last ${TEXTS[range]}` : `${from || "the first"} to ${to}`;
}

interface RangeProps {
  page: Spanned;
  params: { range: string; from: string; to: string; zone: string };
}

export function RangePicker({ page, params }: RangeProps): VNode {
  const base = fromStart({ ...params, from: "", to: "" });
  return (
    <div class="cl-ranges" role="group" aria-label="Time range">
      {RANGE_NAMES.map((range) => (
        <Link
          key={range}
          page={page}
          params={{ ...base, range }}
          aria-current={params.range === range ? "true" : undefined}
          data-key={`range-${range}`}
        >
          {TEXTS[range]}
        </Link>
      ))}
      <CustomRange page={page} params={params} />
    </div>
  );
}

function CustomRange({ page, params }: RangeProps): VNode {
  const session = useSession();
  const box = useRef<HTMLDetailsElement>(null);
  const isCustom = Boolean(params.from || params.to);
  const apply = (event: Event) => {
    event.preventDefault();
    const days = new FormData(event.currentTarget as HTMLFormElement);
    const [from, to] = [String(days.get("from")), String(days.get("to"))];
    if (from || to) session.go(page, fromStart({ ...params, range: "", from, to }));
    if (box.current) box.current.open = false;
  };
  return (
    <Popover
      box={box}
      class="cl-custom"
      name="range-custom"
      isChosen={isCustom}
      summary={isCustom ? `${params.from || "…"} to ${params.to || "…"}` : "Custom"}
    >
      <form class="cl-popover" onSubmit={apply}>
        <Day name="from" text="From" value={params.from} />
        <Day name="to" text="To" value={params.to} />
        <button class="cl-button cl-primary" type="submit">
          Show
        </button>
        <small class="cl-muted">Days in {params.zone}</small>
      </form>
    </Popover>
  );
}

const Day = ({ name, text, value }: { name: string; text: string; value: string }): VNode => (
  <label>
    {text}
    <input key={value} type="date" class="cl-input" name={name} defaultValue={value} />
  </label>
);

const BEFORE: Partial<Record<RangeName | "", string>> = {
  "1d": "day before",
  "7d": "previous 7 days",
  "30d": "previous 30 days",
  "90d": "previous 90 days",
};

/** What a figure of such a span is compared with. */
export const beforeWords = (range: RangeName | ""): string => BEFORE[range] ?? "time before";
