/** One ticket: everything that the AI did. */

import type { VNode } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { PagePayload, TicketData } from "../../web/generated/contract.ts";
import { later } from "../../web/parts/later.tsx";
import { newRoom, RoomContext } from "../../web/parts/room.ts";
import { Sought } from "../../web/parts/sought.ts";
import { useSession } from "../../web/session/context.ts";
import { loadStyles } from "../../web/session/loading.ts";
import type { PageView } from "../../web/session/page-view.ts";
import { label } from "../../web/text/labels.ts";
import { count } from "../../web/text/numbers.ts";
import { callsIn, type Turn } from "../../web/trace/conversation.ts";
import { type Run, readTrace } from "../../web/trace/trace.ts";
import { BROKEN, parseJson } from "../../web/values/exact.ts";
import { type Debug, linkOf } from "./debug.ts";
import type { Hit } from "./find.ts";
import type { FinderProps } from "./finder.tsx";
import { TicketHead } from "./head.tsx";
import { howLeft, useLeft } from "./left.ts";
import { type Looking, useDebug, useLooking } from "./looking.ts";
import { Conversation, FinalCard, useTurns } from "./messages.tsx";
import { RawCard, UnknownCard } from "./raw.tsx";
import type { SideProps } from "./side.tsx";
import { Tabs, type View } from "./tabs.tsx";
import type { StateProps } from "./trace-state.tsx";
import { Trouble } from "./trouble.tsx";

/** What a first paint does without, with its styles. */
async function tools(): Promise<typeof import("./tools.tsx")> {
  const [module] = await Promise.all([import("./tools.tsx"), loadStyles("ticket-late"), loadStyles("markdown")]);
  return module;
}

const steps = later<{ debug: Debug; looking: Looking }>(async () => ({ default: (await tools()).Debugger }));
const gone = later<{ step: string }>(async () => ({ default: (await tools()).Gone }));
const finder = later<FinderProps>(async () => ({ default: (await tools()).Finder }));
const state = later<StateProps>(async () => ({ default: (await tools()).TraceState }));
const side = later<SideProps>(async () => ({ default: (await tools()).Side }));
steps.fetch(); // what was said is painted meanwhile

type Payload = PagePayload<"ticket">;

function Ticket({ payload }: { payload: Payload }): VNode {
  const { data, may, client_names: names } = payload;
  const session = useSession();
  const run = useMemo(() => runOf(data), [data.trace]);
  const debug = useDebug(run ?? NOTHING, data.log.status !== "SUCCESS");
  const turns = useTurns(run, debug);
  return (
    <>
      <TicketHead log={data.log} may={may} names={names} said={useMemo(() => callsIn(turns), [turns])} />
      {isOdd(data, run) && (
        <state.Draw
          of={{ data, run, isRouted: session.isRouted }}
          meanwhile={<section class="cl-card cl-awaited-state" />}
        />
      )}
      <Read payload={payload} run={run} debug={debug} turns={turns} />
    </>
  );
}

/** Of a log without a trace. */
const NOTHING = readTrace({});

interface ReadProps {
  payload: Payload;
  /** Null where there is no trace that can be read. */
  run: Run | null;
  debug: Debug;
  turns: readonly Turn[];
}

/** What can be read of a run: what was said, and what was done, one of whose steps is looked at. */
function Read({ payload, run, debug, turns }: ReadProps): VNode {
  const { params, data } = payload;
  const mark = useMarked(payload);
  const [view, setView] = useState<View>(firstView(params, turns.length > 0));
  const [turn, setTurn] = useState<number | null>(null);
  const [query, setQuery] = useState(params.find);
  const [words, seek] = useState<readonly string[]>([]);
  const session = useSession();
  const room = useMemo(newRoom, [session]);
  const left = useMemo(() => howLeft(session), [session]);
  const looking = useLooking(debug, params.step, (step) => mark({ step }), left?.open);
  useLeft(session, left, looking?.open);
  const choose = (part: View) => {
    setView(part);
    mark({ part });
  };
  const show = (key: string) => {
    choose("steps");
    looking?.look(key);
  };
  const go = (hit: Hit) => {
    if (hit.kind === "step") return show(hit.key);
    if (hit.kind === "section") return setTurn(null); // it is there, whatever is shown beside it
    choose("conversation");
    setTurn(hit.place);
  };
  const search = (text: string) => {
    setQuery(text);
    if (!text) setTurn(null);
    mark({ find: text });
  };
  const link = () => (looking ? linkOf(looking.part) : location.href);
  const list = looking && <steps.Draw of={{ debug, looking }} meanwhile={<Awaited />} lost={<Awaited isLost />} />;
  const parts = { payload, run, debug, show };
  return (
    <RoomContext.Provider value={room}>
      <Sought.Provider value={words}>
        {looking?.gone && <gone.Draw of={{ step: looking.gone }} meanwhile={null} />}
        {run && <Trouble debug={debug} run={run} show={show} />}
        <finder.Draw
          of={{ run, turns, debug, query, seek, seen: params.step, search, go, link, log: data.log }}
          meanwhile={<div class="cl-find" />}
        />
        {list && turns.length ? (
          <Tabs shown={view} names={namesOf(turns.length, debug)} choose={choose}>
            {view === "steps" && list}
            <Parts {...parts} {...(view === "conversation" ? { turns, sought: turn } : {})} />
          </Tabs>
        ) : (
          <div class="cl-tab-panel">
            {list}
            <Parts {...parts} turns={turns} sought={turn} />
          </div>
        )}
      </Sought.Provider>
    </RoomContext.Provider>
  );
}

/** Browsers let an address be changed some hundred times in half a minute, and fail beyond. */
const MARK_AFTER_MS = 250;

/** Puts into the address what is looked at, so that it survives a reload; soon, and not once another page is shown. */
function useMarked({ params }: Payload): (change: Partial<Payload["params"]>) => void {
  const session = useSession();
  const now = useRef({ ...params });
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  return (change) => {
    now.current = { ...now.current, ...change };
    clearTimeout(timer.current);
    timer.current = setTimeout(() => session.mark("ticket", now.current), MARK_AFTER_MS);
  };
}

/** A link to a step shows steps; else what was said comes first. */
function firstView({ step, part }: Payload["params"], hasWords: boolean): View {
  if (part === "steps" || part === "conversation") return part;
  return step || !hasWords ? "steps" : "conversation";
}

const namesOf = (turns: number, debug: Debug): Readonly<Record<View, string>> => ({
  conversation: `Conversation (${count(turns)})`,
  steps: `Steps (${count(debug.tree.byKey.size)})`,
});

/** As high as what will stand there. */
const Awaited = ({ isLost = false }: { isLost?: boolean }): VNode => (
  <section class="cl-card cl-awaited">{isLost && <Lost of="the list of steps" />}</section>
);

const Lost = ({ of }: { of: string }): VNode => (
  <p class="cl-muted">{`The page could not load ${of}. Load it again in a few seconds.`}</p>
);

interface PartsProps {
  payload: Payload;
  run: Run | null;
  debug: Debug | null;
  show?: (key: string) => void;
  /** Where the conversation is among it. */
  turns?: readonly Turn[];
  sought?: number | null;
}

/** What there is beside the steps. */
function Parts({ payload, run, debug, show = () => {}, turns = [], sought = null }: PartsProps): VNode {
  return (
    <div class="cl-grid cl-grid-ticket">
      <div class="cl-stack">
        {turns.length > 0 && <Conversation turns={turns} show={show} sought={sought} />}
        {run && <FinalCard final={run.final} />}
        {run && run.unknown.length > 0 && <UnknownCard unknown={run.unknown} />}
        <RawCard data={payload.data} />
      </div>
      <div class="cl-stack cl-side">
        <side.Draw of={{ payload, run, debug, show }} meanwhile={null} lost={<Lost of="this part" />} />
      </div>
    </div>
  );
}

/** Whether there is something to say of why there is nothing, or not everything, to debug. */
const isOdd = (data: TicketData, run: Run | null): boolean =>
  data.trace_state !== "present" || !run || !(run.groups.length || run.messages.length || run.unknown.length);

/** What happened, where there is a trace that can be read. */
function runOf(data: TicketData): Run | null {
  const trace = parseJson(data.trace, BROKEN);
  return trace === BROKEN || trace === null ? null : readTrace(trace);
}

const view: PageView<"ticket"> = {
  title: ({ data }) => label(data.log.ticket_id),
  key: ({ params }) => `${params.client_id} ${params.log_id}`,
  instead: ({ data }) => <RawCard data={data} />,
  Page: Ticket,
};
export default view;
