/** Both runs: where they part, their times, steps and words. Fetched behind the first paint. */

import type { VNode } from "preact";
import { useMemo } from "preact/hooks";
import type { Side } from "../../web/generated/contract.ts";
import { isBlank, isRecord } from "../../web/text/labels.ts";
import type { Run } from "../../web/trace/trace.ts";
import { parseJson } from "../../web/values/exact.ts";
import { Changed } from "./changed.tsx";
import { compareRuns, runOf } from "./compared.ts";
import { FiguresCard } from "./figures-card.tsx";
import { Parting } from "./parting.tsx";
import { ConversationCard, FinalCard } from "./said-card.tsx";
import { StepsCard } from "./steps-card.tsx";
import { TimesCard } from "./times-card.tsx";

export interface RunsProps {
  left: Side;
  right: Side;
  /** The key of a row that the address names. */
  step: string;
  look: (key: string) => void;
}

export default function Runs({ left, right, step, look }: RunsProps): VNode {
  const runs = useMemo(() => [runOf(left), runOf(right)] as const, [left.trace, right.trace]);
  const figures = <FiguresCard left={left.log} right={right.log} />;
  if (runs[0] && runs[1])
    return (
      <Both left={runs[0]} right={runs[1]} logs={{ left: left.log, right: right.log }} {...{ step, look, figures }} />
    );
  return (
    <>
      <p class="cl-c-parting">A trace cannot be read as JSON: only figures are compared.</p>
      {figures}
    </>
  );
}

interface BothProps extends Pick<RunsProps, "step" | "look"> {
  left: Run;
  right: Run;
  logs: { left: Side["log"]; right: Side["log"] };
  figures: VNode;
}

function Both({ left, right, logs, step, look, figures }: BothProps): VNode {
  const compared = useMemo(() => compareRuns(left, right), [left, right]);
  const { steps, turns, nodes, tools } = compared;
  const looked = steps.rows.some((row) => row.key === step) ? step : (steps.rows[steps.first] ?? steps.rows[0])?.key;
  const show = (key: string) => {
    look(key);
    document.getElementById("cl-steps")?.scrollIntoView({ block: "start" });
  };
  return (
    <>
      <Parting steps={steps} turns={turns} show={show} />
      {step && looked !== step && <Gone step={step} />}
      <div class="cl-c-two">
        {figures}
        <div class="cl-c-stack">
          <TimesCard title="Time by node" first="Node" rows={nodes} />
          <TimesCard title="Time by tool" first="Tool" rows={tools} />
        </div>
      </div>
      <StepsCard steps={steps} looked={looked ?? ""} look={look} />
      <FinalCard left={left.final} right={right.final} />
      <OwnCard left={logs.left} right={logs.right} />
      <ConversationCard turns={turns} />
    </>
  );
}

const Gone = ({ step }: { step: string }): VNode => (
  <p class="cl-as-of" role="status">
    Neither run has a step <bdi>{step.slice(0, 60)}</bdi>, to which the link leads. The first difference is shown.
  </p>
);

/** What senders have put into the logs beside the fields that have names, such as a subject. */
function OwnCard({ left, right }: BothProps["logs"]): VNode | null {
  const [a, b] = useMemo(() => [ownOf(left), ownOf(right)], [left, right]);
  if (isBlank(a) && isBlank(b)) return null;
  return (
    <section class="cl-card">
      <h2 class="cl-card-title">Fields of your own</h2>
      <Changed left={a} right={b} />
    </section>
  );
}

function ownOf({ extra }: Side["log"]): unknown {
  const sent = parseJson(extra, null);
  if (!isRecord(sent)) return sent;
  const { sdk: _sdk, ...own } = sent;
  return own;
}
