/** Values of a choice beyond those that it offers, below a button that says how many they are. */

import type { VNode } from "preact";
import { useRef } from "preact/hooks";
import { NONE, type PageFinding, type PageParams, type ValueCount } from "../../web/generated/contract.ts";
import { Link } from "../../web/parts/link.tsx";
import { Popover } from "../../web/parts/popover.tsx";
import { fromStart } from "../../web/session/addresses.ts";
import { clip } from "../../web/text/labels.ts";
import { count } from "../../web/text/numbers.ts";
import { ValueSearch } from "./value-search.tsx";

interface MoreValuesProps {
  of: Exclude<PageFinding["tickets"], "status">;
  one: string;
  many: string;
  more: number;
  params: PageParams["tickets"];
}

/** Null where all are offered. */
export function MoreValues({ of, one, many, more, params }: MoreValuesProps): VNode | null {
  const box = useRef<HTMLDetailsElement>(null);
  if (!more) return null;
  const close = () => {
    if (box.current) box.current.open = false;
  };
  const draw = ({ name, count: n }: ValueCount) => (
    <li key={name}>
      <Link
        page="tickets"
        params={fromStart({ ...params, [of]: name ?? NONE })}
        title={name ?? ""}
        aria-current={params[of] === (name ?? NONE) ? "true" : undefined}
      >
        <bdi>{clip(name ?? "none", 80)}</bdi> <b>{count(n)}</b>
      </Link>
    </li>
  );
  return (
    <Popover box={box} class="cl-menu cl-more-values" name={`more-${of}`} summary={`${count(more)} more ${many}`}>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: a key on a link is a click */}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the same */}
      <div class="cl-popover cl-find-value" onClick={(event) => (event.target as Element).closest("a") && close()}>
        <ValueSearch of={of} what={one} params={params} draw={draw} list="ul" class="cl-found" />
      </div>
    </Popover>
  );
}
