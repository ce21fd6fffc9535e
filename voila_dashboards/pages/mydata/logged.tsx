/** What is logged, by the log's model, and what of it was seen. */

import { type ComponentChildren, Fragment, type VNode } from "preact";
import type { LoggedData, LoggedField, LoggedPart } from "../../web/generated/contract.ts";
import { Card } from "../../web/parts/card.tsx";
import { count, DASH, plural } from "../../web/text/numbers.ts";
import { Fold } from "./fold.tsx";
import { ofTickets } from "./sentences.ts";

interface LoggedProps {
  data: LoggedData;
  /** How many there are to have a field. */
  tickets: number;
  range: string;
}

export function LoggedCard({ data, tickets, range }: LoggedProps): VNode {
  return (
    <Card title="What is logged">
      <p class="cl-lead">
        One log for each ticket, sent when its run is over. These are all the fields that a log can have, and how many
        of the {plural(tickets, "ticket")} within {range} have them.
      </p>
      <Fields name="Field" about="Fields of the log" fields={data.fields} />
      <Own data={data} />
      <Fold summary={`Figures (metrics): ${data.metrics.length}`}>
        <Fields name="Metric" about="Figures of the log" fields={data.metrics} />
      </Fold>
      {data.parts.map((part) => (
        <Fold key={part.name} summary={<PartSummary part={part} tickets={tickets} />}>
          <Fields name="Field" about={`Fields of ${part.name}`} fields={part.fields} />
        </Fold>
      ))}
      <Fold summary="What the SDK says of itself (sdk)">
        <Fields name="Field" about="Fields of the SDK" fields={data.by_sdk} />
      </Fold>
    </Card>
  );
}

const PartSummary = ({ part, tickets }: { part: LoggedPart; tickets: number }): VNode => (
  <>
    <span>
      Trace: <code>{part.name}</code>
    </span>
    {part.tickets !== null && <span class="cl-muted">{ofTickets(part.tickets, tickets)}</span>}
  </>
);

/** Of a text without fields there is nothing to list. */
function Fields({ name, about, fields }: { name: string; about: string; fields: LoggedField[] }): VNode {
  if (!fields.length) return <p class="cl-muted">It has no fields.</p>;
  const isCounted = fields.some((field) => field.tickets !== null);
  return (
    <table class="cl-fields">
      <caption class="cl-sr">{about}</caption>
      <thead>
        <tr>
          <th scope="col">{name}</th>
          <th scope="col">What it is</th>
          {isCounted && (
            <th scope="col" class="cl-num">
              Tickets
            </th>
          )}
        </tr>
      </thead>
      <tbody>
        {fields.map((field) => (
          <tr key={field.name}>
            <th scope="row">
              <code>{breakable(field.name)}</code>
            </th>
            <td>
              <Meaning text={field.meaning} />
            </td>
            {isCounted && <td class="cl-num">{field.tickets === null ? DASH : count(field.tickets)}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** A name that may go on in the next line after each of its words. */
const breakable = (name: string): VNode[] =>
  name.split(/(?<=_)/).map((word, place) => (
    <Fragment key={place}>
      {word}
      <wbr />
    </Fragment>
  ));

/** Words between backticks are code. */
const Meaning = ({ text }: { text: string }): VNode => <>{text.split("`").map(codeOrText)}</>;

const codeOrText = (words: string, place: number): ComponentChildren =>
  place % 2 ? <code key={place}>{words}</code> : words;

function Own({ data: { own, more_own: more, looked_at: looked } }: { data: LoggedData }): VNode | null {
  if (!looked) return null;
  if (!own.length) return <p class="cl-lead">Fields of your own: none in the newest {plural(looked, "ticket")}.</p>;
  return (
    <>
      <p class="cl-lead">Fields of your own, and in how many of the newest {plural(looked, "ticket")} they stand:</p>
      <ul class="cl-own">
        {own.map((field) => (
          <li key={field.name}>
            <code>{field.name}</code> <span class="cl-muted">{count(field.tickets)}</span>
          </li>
        ))}
        {more > 0 && <li class="cl-muted">and {count(more)} more</li>}
      </ul>
    </>
  );
}
