/** Calls by client or by version. */

import type { VNode } from "preact";
import { type CallGroup, NONE } from "../../web/generated/contract.ts";
import { Card } from "../../web/parts/card.tsx";
import { Moved } from "../../web/parts/change.tsx";
import { Link } from "../../web/parts/link.tsx";
import { Portions } from "../../web/parts/portions.tsx";
import type { LinkParams } from "../../web/session/addresses.ts";
import { count, percent } from "../../web/text/numbers.ts";

const AT_FIRST = 10;

interface GroupsProps {
  title: string;
  groups: readonly CallGroup[];
  nameOf?: (name: string) => string;
  narrowTo: (name: string) => LinkParams<"tools">;
}

export function CallGroups({ title, groups, nameOf, narrowTo }: GroupsProps): VNode {
  const isCompared = groups.some((group) => group.calls_before);
  return (
    <Card title={title}>
      <ul class="cl-calls">
        <li class="cl-calls-head" aria-hidden="true">
          <span />
          <span>Calls</span>
          <span>Failed</span>
          <span>Rate</span>
        </li>
        <Portions
          items={groups}
          portion={AT_FIRST}
          draw={(group) => <Group {...{ group: isCompared ? group : alone(group), nameOf, narrowTo }} />}
        />
      </ul>
    </Card>
  );
}

/** Where nothing was called before, everything is new, and nothing is worth a word. */
const alone = (group: CallGroup): CallGroup => ({ ...group, calls_before: null, failures_before: null });

type GroupProps = { group: CallGroup; nameOf: GroupsProps["nameOf"]; narrowTo: GroupsProps["narrowTo"] };

const rate = (failures: number | null, calls: number | null): number | null => (calls ? (failures ?? 0) / calls : null);

function Group({ group, nameOf, narrowTo }: GroupProps): VNode {
  const { name, calls, failures, calls_before: callsBefore, failures_before: failuresBefore } = group;
  const text = name === null ? "none" : (nameOf?.(name) ?? name);
  return (
    <li>
      <Link page="tools" params={narrowTo(name ?? NONE)}>
        {text}
      </Link>
      <span>
        {count(calls)}
        <Moved now={calls} then={callsBefore} good={0} />
      </span>
      <span>
        {count(failures)}
        <Moved now={failures} then={failuresBefore} good={-1} />
      </span>
      <span>
        {percent(rate(failures, calls))}
        <Moved now={rate(failures, calls)} then={rate(failuresBefore, callsBefore)} good={-1} inPoints />
      </span>
    </li>
  );
}
