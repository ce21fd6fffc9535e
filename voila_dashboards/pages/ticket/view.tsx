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
import type { BelowProps } from "./below.tsx";
import { type Debug, linkOf } from "./debug.ts";
import type { DebuggerProps } from "./debugger.tsx";
import type { Hit } from "./find.ts";
import type { FinderProps } from "./finder.tsx";
import { TicketHead } from "./head.tsx";
import { useDebug, useLooking } from "./looking.ts";
import { Conversation, type TurnLook, useTurns, useUsual } from "./messages.tsx";
import type { KeptOpened, Opened } from "./opening.ts";
import type { SideProps } from "./side.tsx";
import { Tabs, type View } from "./tabs.tsx";
import type { StateProps } from "./trace-state.tsx";
import { Trouble } from "./trouble.tsx";

/** What a first paint does without, with its styles. */
async function tools(): Promise<typeof import("./tools.tsx")> {
  const [module] = await Promise.all([import("./tools.tsx"), loadStyles("ticket-late"), loadStyles("markdown")]);
  return module;
}

const steps = later<DebuggerProps>(async () => ({ default: (await tools()).Debugger }));
const gone = later<{ step: string }>(async () => ({ default: (await tools()).Gone }));
const left = later<{ kept: KeptOpened }>(async () => ({ default: (await tools()).Left }));
const below = later<BelowProps>(async () => ({ default: (await tools()).Below }));
const finder = later<FinderProps>(async () => ({ default: (await tools()).Finder }));
const state = later<StateProps>(async () => ({ default: (await tools()).TraceState }));
const side = later<SideProps>(async () => ({ default: (await tools()).Side }));
steps.fetch(); // what was said is painted meanwhile

type Payload = PagePayload<"ticket">;

function Ticket({ payload }: { payload: Payload }): VNode {
  const { data } = payload;
  const run = useUsual(useMemo(() => runOf(data), [data.trace]));
  return run === undefined ? <Awaited /> : <Told payload={payload} run={run} />;
}

function Told({ payload, run }: { payload: Payload; run: Run | null }): VNode {
  const { data, may, client_names: names } = payload;
  const session = useSession();
  const turns = useTurns(run);
  const debug = useDebug(run ?? NOTHING, data.log.status !== "SUCCESS", turns);
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
  const [turn, setTurn] = useState<TurnLook | null>(firstTurn(params, debug));
  useEffect(() => {
    // A session goes to the head of a page once it is drawn, or to where it was read: only from the head one goes on.
    const frame = requestAnimationFrame(() => scrollY || setTurn((first) => first && { ...first }));
    return () => cancelAnimationFrame(frame);
  }, []);
  const [query, setQuery] = useState(params.find);
  const [words, seek] = useState<readonly string[]>([]);
  const session = useSession();
  const room = useMemo(newRoom, [session]);
  const opened = useRef<Opened | null>(null);
  const looking = useLooking(debug, params.step, (step) => mark({ step }));
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
    setTurn({ place: hit.place });
  };
  const search = (text: string) => {
    setQuery(text);
    if (!text) setTurn(null);
    mark({ find: text });
  };
  const link = () => (looking ? linkOf(looking.part) : location.href);
  const list = looking && (
    <steps.Draw of={{ debug, looking, opened }} meanwhile={<Awaited />} lost={<Awaited isLost />} />
  );
  const parts = { payload, run, debug, show, go };
  return (
    <RoomContext.Provider value={room}>
      <Sought.Provider value={words}>
        <left.Draw of={{ kept: opened }} meanwhile={null} />
        {looking?.gone && <gone.Draw of={{ step: looking.gone }} meanwhile={null} />}
        {run && <Trouble debug={debug} run={run} go={go} />}
        <finder.Draw
          of={{ run, turns, debug, query, seek, seen: params.step, search, go, link, log: data.log }}
          meanwhile={<div class="cl-find" />}
        />
        {list && turns.length ? (
          <Tabs shown={view} names={namesOf(turns.length, debug)} choose={choose}>
            {view === "steps" && list}
            <Parts {...parts} {...(view === "conversation" ? { turns, look: turn } : {})} />
          </Tabs>
        ) : (
          <div class="cl-tab-panel">
            {list}
            <Parts {...parts} turns={turns} look={turn} />
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

/** The page opens where a turn tells what failed, unless its address leads elsewhere. */
const firstTurn = ({ step, find }: Payload["params"], { trouble }: Debug): TurnLook | null =>
  step || find || trouble?.place == null ? null : { place: trouble.place };

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
  go?: (hit: Hit) => void;
  /** Where the conversation is among it. */
  turns?: readonly Turn[];
  look?: TurnLook | null;
}

/** What there is beside the steps. */
function Parts({ payload, run, debug, show = () => {}, go = () => {}, turns = [], look = null }: PartsProps): VNode {
  return (
    <div class="cl-grid cl-grid-ticket">
      <div class="cl-stack">
        {turns.length > 0 && <Conversation turns={turns} show={show} look={look} />}
        <below.Draw of={{ run, turns, data: payload.data }} meanwhile={<Awaited />} lost={<Lost of="this part" />} />
      </div>
      <div class="cl-stack cl-side">
        <side.Draw of={{ payload, run, debug, show, go }} meanwhile={null} lost={<Lost of="this part" />} />
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
  instead: ({ data }) => <below.Draw of={{ run: null, turns: [], data }} meanwhile={null} />,
  Page: Ticket,
};
export default view;
