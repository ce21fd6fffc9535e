/** What the list is narrowed to and ordered by, as choices. */

import type { VNode } from "preact";
import { type May, NONE, type PageParams, type TicketChoice, type TicketsData } from "../../web/generated/contract.ts";
import { Choice } from "../../web/parts/choice.tsx";
import { Link } from "../../web/parts/link.tsx";
import { fromStart } from "../../web/session/addresses.ts";
import { useSession } from "../../web/session/context.ts";
import { count } from "../../web/text/numbers.ts";
import { columnsFor, directions } from "./columns.tsx";

type Params = PageParams["tickets"];
type Chosen = "category" | "version" | "environment";

export function ValueChoices({ data, params }: { data: TicketsData; params: Params }): VNode {
  return (
    <>
      <ValueChoice name="Category" all="All categories" of="category" choices={data.categories} params={params} />
      <ValueChoice name="Version" all="All versions" of="version" choices={data.versions} params={params} />
      <ValueChoice
        name="Environment"
        all="All environments"
        of="environment"
        choices={data.environments}
        params={params}
      />
    </>
  );
}

interface ValueChoiceProps {
  name: string;
  all: string;
  of: Chosen;
  choices: readonly TicketChoice[];
  params: Params;
}

function ValueChoice({ name, all, of, choices, params }: ValueChoiceProps): VNode {
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
      options={[["", all], ...known, ...options]}
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
