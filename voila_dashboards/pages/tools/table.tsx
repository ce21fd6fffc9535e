/** Tools, each with its calls, failures and times, and the newest failure. */

import type { ComponentChildren, VNode } from "preact";
import {
  NONE,
  type PageParams,
  type PagePayload,
  TOOL_SORTS,
  type ToolRow,
  type ToolSort,
} from "../../web/generated/contract.ts";
import { Moved } from "../../web/parts/change.tsx";
import { Choice } from "../../web/parts/choice.tsx";
import { Link } from "../../web/parts/link.tsx";
import { Time } from "../../web/parts/words.tsx";
import type { LinkParams } from "../../web/session/addresses.ts";
import { useSession } from "../../web/session/context.ts";
import { clip } from "../../web/text/labels.ts";
import { count, duration, percent } from "../../web/text/numbers.ts";

type Payload = PagePayload<"tools">;
type Params = PageParams["tools"];

const ORDERS: Record<ToolSort, string> = {
  calls: "Most calls",
  failures: "Most failures",
  failure_rate: "Highest failure rate",
  p95: "Slowest",
  change: "Calls rose most",
  name: "Name",
};

export function ToolTable({ payload: { data, params } }: { payload: Payload }): VNode {
  const session = useSession();
  return (
    <section class="cl-card cl-table-box">
      <div class="cl-card-head">
        <h2 class="cl-card-title">Tools</h2>
        <Choice
          name="Order"
          value={params.sort}
          options={TOOL_SORTS.map((sort) => [sort, ORDERS[sort]] as const)}
          onChoose={(sort) => session.go("tools", { ...params, sort })}
        />
      </div>
      <table class="cl-table">
        <thead>
          <tr>
            <th scope="col">Tool</th>
            <Heading name="Calls" />
            <Heading name="Share" title="Of all calls" />
            <Heading name="Failed" />
            <Heading name="Failure rate" />
            <Heading name="Median" title="Half of the calls took less" />
            <Heading name="p95" title="One call in twenty took longer" />
            <th scope="col">Newest failure</th>
          </tr>
        </thead>
        <tbody>
          {data.tools.map((tool) => (
            <Tool key={tool.name} tool={data.previous?.calls ? tool : { ...tool, previous: null }} params={params} />
          ))}
        </tbody>
      </table>
      {data.more_tools > 0 && <p class="cl-foot">and {count(data.more_tools)} more tools</p>}
    </section>
  );
}

const Heading = ({ name, title }: { name: string; title?: string }): VNode => (
  <th scope="col" class="cl-num" title={title}>
    {name}
  </th>
);

/** Tickets in which the tool failed. */
const failedOf = (tool: ToolRow, { range, from, to, zone, client, version, environment }: Params) =>
  ({ range, from, to, zone, client, version, environment, tool: tool.name || NONE }) satisfies LinkParams<"tickets">;

const rate = (figures: ToolRow["previous"]): number | null =>
  figures?.calls ? figures.failures / figures.calls : null;

function Tool({ tool, params }: { tool: ToolRow; params: Params }): VNode {
  const { name, current, previous: before, newest_failure: newest } = tool;
  return (
    <tr>
      <td class="cl-wide">
        <Link page="tools" params={{ ...params, tool: name || NONE }} class="cl-ticket-id" title="Only this tool">
          {name ? clip(name, 80) : "no name"}
        </Link>
      </td>
      <Cell name="Calls">
        {count(current.calls)}
        <Moved now={current.calls} then={before?.calls} good={0} />
      </Cell>
      <Cell name="Share">{percent(tool.share)}</Cell>
      <Cell name="Failed">
        {current.failures ? (
          <Link page="tickets" params={failedOf(tool, params)} title="Tickets in which it failed" class="cl-bad">
            {count(current.failures)}
          </Link>
        ) : (
          <span class="cl-muted">0</span>
        )}
        <Moved now={current.failures} then={before?.failures} good={-1} />
      </Cell>
      <Cell name="Failure rate">
        {percent(rate(current))}
        <Moved now={rate(current)} then={rate(before)} good={-1} inPoints />
      </Cell>
      <Cell name="Median">
        {duration(current.median_ms)}
        <Moved now={current.median_ms} then={before?.median_ms} good={-1} />
      </Cell>
      <Cell name="p95">
        {duration(current.p95_ms)}
        <Moved now={current.p95_ms} then={before?.p95_ms} good={-1} />
      </Cell>
      <td data-label="Newest failure" class="cl-whole">
        {newest ? (
          <Link page="ticket" params={{ client_id: newest.client_id, log_id: newest.log_id }}>
            <Time ms={newest.executed_at_ms} />
          </Link>
        ) : (
          <span class="cl-muted">–</span>
        )}
      </td>
    </tr>
  );
}

const Cell = ({ name, children }: { name: string; children: ComponentChildren }): VNode => (
  <td class="cl-num" data-label={name}>
    <span>{children}</span>
  </td>
);
