/** What the list is narrowed to and ordered by, as choices. */

import { Fragment, type VNode } from "preact";
import { type May, NONE, type PageParams, type TicketsData, type ValueCount } from "../../web/generated/contract.ts";
import { Choice } from "../../web/parts/choice.tsx";
import { Link } from "../../web/parts/link.tsx";
import { fromStart } from "../../web/session/addresses.ts";
import { useSession } from "../../web/session/context.ts";
import { count } from "../../web/text/numbers.ts";
import { columnsFor, directions } from "./columns.tsx";
import { MoreValues } from "./more-values.tsx";

type Params = PageParams["tickets"];

const CHOICES = [
  { of: "category", name: "Category", one: "a category", many: "categories", offered: "categories" },
  { of: "version", name: "Version", one: "a version", many: "versions", offered: "versions" },
  { of: "environment", name: "Environment", one: "an environment", many: "environments", offered: "environments" },
] as const;

/** What a choice is about, and what it is called. */
type Kind = (typeof CHOICES)[number];

export function ValueChoices({ data, params }: { data: TicketsData; params: Params }): VNode {
  return (
    <>
      {CHOICES.map((kind) => (
        <Fragment key={kind.of}>
          <ValueChoice kind={kind} choices={data[kind.offered]} params={params} />
          <MoreValues {...kind} more={data.more[kind.of]} params={params} />
        </Fragment>
      ))}
    </>
  );
}

interface ValueChoiceProps {
  kind: Kind;
  choices: readonly ValueCount[];
  params: Params;
}

function ValueChoice({ kind: { of, name, many }, choices, params }: ValueChoiceProps): VNode {
  const session = useSession();
  const value = params[of];
  const options = choices.map(
    (each) => [each.name ?? NONE, `${each.name ?? "none"} (${count(each.count)})`] as [string, string],
  );
  const known: [string, string][] = !value || options.some(([key]) => key === value) ? [] : [[value, value]];
  return (
    <Choice
      name={name}
      value={value}
      options={[["", `All ${many}`], ...known, ...options]}
      onChoose={(chosen) => session.go("tickets", fromStart({ ...params, [of]: chosen }))}
      class={value ? "cl-chosen" : ""}
    />
  );
}

/** Tool calls may fail within a ticket that succeeded. */
export function FailedCallsChoice({ params }: { params: Params }): VNode {
  const isOn = params.failed_calls === "1";
  return (
    <Link
      page="tickets"
      params={fromStart({ ...params, failed_calls: isOn ? "" : "1" })}
      class="cl-button cl-toggle"
      role="button"
      aria-pressed={isOn ? "true" : "false"}
      data-key="failed-calls"
    >
      Has failed calls
    </Link>
  );
}

/** The order as a choice, where the screen is too narrow for headings. */
export function SortChoice({ params, may }: { params: Params; may: May }): VNode {
  const session = useSession();
  const options = columnsFor(may, params).flatMap(({ key, name }) =>
    directions(key).map((dir) => [`${key} ${dir}`, `${name} ${dir === "asc" ? "↑" : "↓"}`] as const),
  );
  const choose = (chosen: string) => {
    const [sort, dir] = chosen.split(" ");
    session.go("tickets", fromStart({ ...params, sort, dir } as Params));
  };
  return (
    <Choice name="Order" value={`${params.sort} ${params.dir}`} options={options} onChoose={choose} class="cl-narrow" />
  );
}
