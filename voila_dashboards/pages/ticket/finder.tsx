/** Search in the ticket, and the keys of the page. */

import type { VNode } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { copyText } from "../../web/parts/copy.tsx";
import { useRoomWatch } from "../../web/parts/room-watch.ts";
import { folding } from "../../web/parts/sought.ts";
import { useSession } from "../../web/session/context.ts";
import type { Session } from "../../web/session/session.ts";
import { fold } from "../../web/text/fold.ts";
import { count } from "../../web/text/numbers.ts";
import { searchable } from "../../web/text/terminal.ts";
import { goBeside, keepList } from "./beside.ts";
import type { Debug } from "./debug.ts";
import { hitOf } from "./failures.ts";
import { type Hit, hitsOf, nextOf, placesOf } from "./find.ts";
import { type Command, commandOf, isFindInPage, KEYS } from "./keys.ts";
import { markWords, unmark } from "./marks.ts";
import type { Told } from "./report.ts";
import { sectionsOf } from "./sections.ts";
import { TakeAway } from "./take-away.tsx";
import { wordsToFind } from "./words.ts";

export interface FinderProps extends Told {
  query: string;
  /** Hears the words of the query, which fold what they are compared with. */
  seek: (words: readonly string[]) => void;
  /** The key of the step that the address names; nothing where it names none. */
  seen: string;
  search: (query: string) => void;
  go: (hit: Hit) => void;
  /** The address of the step that is looked at. */
  link: () => string;
}

folding.fold = (text) => fold(searchable(text)); // a first paint does without it

const MARK_AFTER_MS = 80;

export default function Finder(props: FinderProps): VNode {
  const { turns, debug, query, seek, search, go } = props;
  const session = useSession();
  const words = useMemo(() => wordsToFind(query), [query]);
  useLayoutEffect(() => seek(words), [words]);
  const [at, setAt] = useState(-1);
  const [said, say] = useState("");
  const [isHelp, showHelp] = useState(false);
  const box = useRef<HTMLInputElement>(null);
  const isSearching = words.length > 0;
  const places = useMemo(
    () => (isSearching ? placesOf(turns, debug.groups, sectionsOf(props.log, props.run)) : []),
    [turns, debug, isSearching, props.log, props.run],
  );
  const { hits, areWhole } = useMemo(() => hitsOf(places, words), [places, words]);
  const failed = useMemo(() => waysOf(debug), [debug]);
  const ways = isSearching ? hits : failed;
  const move = (by: 1 | -1) => {
    const next = nextOf(ways.length, at, by);
    const hit = ways[next];
    setAt(next);
    say(hit || isSearching ? "" : "Nothing failed");
    if (hit) go(hit);
  };
  const seen = useRef(props.seen);
  useEffect(() => {
    // A search that the address brings goes on where it was; a new one begins at its first hit.
    const before = hits.findIndex((hit) => hit.kind === "step" && hit.key === seen.current);
    seen.current = "";
    setAt(hits.length ? Math.max(0, before) : -1);
    if (hits[0] && before < 0) go(hits[0]);
  }, [hits]);
  useMarks(session.root, words, hits[at]);
  useRoomWatch(session.root);
  useEffect(() => keepList(session), [session]);
  const acts: Record<Command, () => void> = {
    search: () => box.current?.focus(),
    next: () => move(1),
    previous: () => move(-1),
    older: () => say(goBeside(session, props.log, 1, query)),
    newer: () => say(goBeside(session, props.log, -1, query)),
    copy: () => void copyText(props.link()).then((done) => say(done ? "Link copied" : "Could not copy the link")),
    help: () => showHelp(!isHelp),
    leave: () => {
      showHelp(false);
      search("");
    },
  };
  useCommands(session, acts, () => say("The browser's find sees what is in sight only: / searches all of the ticket"));
  const press = (event: KeyboardEvent) => {
    if (event.key === "Enter") move(event.shiftKey ? -1 : 1);
    else if (event.key === "Escape") {
      search("");
      box.current?.blur();
    } else return;
    event.preventDefault();
  };
  return (
    <div class="cl-find" role="search">
      <input
        ref={box}
        class="cl-input"
        type="search"
        aria-label="Search in this ticket"
        placeholder="Search in this ticket (/)"
        value={query}
        maxLength={180}
        onInput={(event) => search(event.currentTarget.value)}
        onKeyDown={press}
      />
      <span class="cl-muted cl-find-said" role="status">
        {isSearching ? foundInWords(at, hits.length, areWhole) : said}
      </span>
      {query && (
        <button type="button" class="cl-button cl-small" aria-label="Clear the search" onClick={() => search("")}>
          ✕
        </button>
      )}
      <Ways isIdle={!ways.length} what={isSearching ? "hit" : "failure"} move={move} />
      <TakeAway log={props.log} run={props.run} debug={debug} turns={turns} />
      <button type="button" class="cl-button cl-small" aria-expanded={isHelp} onClick={acts.help}>
        Keys (?)
      </button>
      {isHelp && <Help />}
    </div>
  );
}

/** To each failure; to a turn that tells of several once. */
const waysOf = ({ failures }: Debug): Hit[] =>
  failures.filter(({ place }, i) => place === null || place !== failures[i - 1]?.place).map(hitOf);

function foundInWords(at: number, all: number, areWhole: boolean): string {
  if (!all) return "not found";
  return `${count(at + 1)} of ${count(all)}${areWhole ? "" : ", each has some of the words"}`;
}

function Ways({ isIdle, what, move }: { isIdle: boolean; what: string; move: (by: 1 | -1) => void }): VNode | null {
  if (isIdle) return null;
  return (
    <>
      <button type="button" class="cl-button cl-small" aria-label={`Previous ${what}`} onClick={() => move(-1)}>
        ↑
      </button>
      <button type="button" class="cl-button cl-small" aria-label={`Next ${what}`} onClick={() => move(1)}>
        ↓
      </button>
    </>
  );
}

const Help = (): VNode => (
  <dl class="cl-keys">
    {KEYS.map(([key, , does]) => (
      <div key={key}>
        <dt>
          <kbd>{key}</kbd>
        </dt>
        <dd>{does}</dd>
      </div>
    ))}
    <div>
      <dt>
        <kbd>← ↑ ↓ →</kbd>
      </dt>
      <dd>Move through the steps</dd>
    </div>
  </dl>
);

function useCommands(session: Session, acts: Record<Command, () => void>, told: () => void): void {
  const now = useRef({ acts, told });
  now.current = { acts, told };
  // Preact ends other effects only after a paint: until then keys would act on the ticket before.
  useLayoutEffect(() => {
    const stop = new AbortController();
    const press = (event: KeyboardEvent) => {
      if (isFindInPage(event)) now.current.told(); // and the browser does as it does
      const command = commandOf(event);
      if (!command) return;
      event.preventDefault();
      now.current.acts[command]();
    };
    const target = session.isRouted ? document : session.root; // a notebook has keys of its own
    target.addEventListener("keydown", press as EventListener, { signal: stop.signal });
    return () => stop.abort();
  }, [session]);
}

/** Marks what is searched for, after what is folded has opened. */
function useMarks(root: HTMLElement, words: readonly string[], hit: Hit | undefined): void {
  useEffect(() => {
    if (!words.length) return unmark();
    const mark = () => {
      const panel = root.querySelector(".cl-tab-panel") ?? root;
      const head = root.querySelector(".cl-ticket-head");
      const section = hit?.kind === "section" ? root.querySelector(`[data-section="${hit.name}"]`) : null;
      section?.scrollIntoView({ block: "nearest" });
      const seen = section ?? panel.querySelector(".cl-message[aria-current], .cl-details");
      markWords(head ? [panel, head] : [panel], words, seen);
    };
    const timer = setTimeout(mark, MARK_AFTER_MS);
    return () => clearTimeout(timer);
  }, [root, words, hit]);
  useEffect(() => unmark, []);
}
