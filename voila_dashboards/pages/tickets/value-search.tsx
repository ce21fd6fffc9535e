/** A search among the values of a choice: the page has the most frequent ones, the server finds any other. */

import type { ComponentChildren, VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Found, PageFinding, PageParams, ValueCount } from "../../web/generated/contract.ts";
import { useSession } from "../../web/session/context.ts";
import { count } from "../../web/text/numbers.ts";

const PAUSE_MS = 200;

interface ValueSearchProps {
  of: PageFinding["tickets"];
  /** What it looks for, as `a status`. */
  what: string;
  params: PageParams["tickets"];
  draw: (value: ValueCount) => VNode;
  /** What values stand in. */
  list: "ul" | "div";
  class: string;
  /** What is offered while nothing is looked for. */
  children?: ComponentChildren;
}

/** What was found, and by which words. */
interface Told {
  words: string;
  found: Found | null;
}

export function ValueSearch({ of, what, params, draw, list: List, class: kind, children }: ValueSearchProps): VNode {
  const [words, type] = useState("");
  const told = useFound(of, params, words.trim());
  return (
    <>
      <input
        type="search"
        class="cl-input"
        placeholder={`Find ${what}`}
        aria-label={`Find ${what}`}
        data-key={`find-${of}`}
        maxLength={1000}
        autocomplete="off"
        spellcheck={false}
        value={words}
        onInput={(event) => type(event.currentTarget.value)}
      />
      <span class="cl-muted cl-found-said" role="status">
        {told && saidOf(told.found)}
      </span>
      <List class={kind}>{words.trim() ? told?.found?.values.map(draw) : children}</List>
    </>
  );
}

/** Asks after a pause in typing, and anew where the list is narrowed otherwise; null until the first answer. */
function useFound(of: PageFinding["tickets"], params: PageParams["tickets"], words: string): Told | null {
  const session = useSession();
  const [told, tell] = useState<Told | null>(null);
  useEffect(() => {
    if (!words) return tell(null);
    let isOver = false;
    const ask = async () => {
      const found = await session.find("tickets", params, of, words);
      if (!isOver) tell({ words, found });
    };
    const pause = setTimeout(() => void ask(), told?.words === words ? 0 : PAUSE_MS);
    return () => {
      isOver = true;
      clearTimeout(pause);
    };
  }, [session, of, params, words]);
  return told;
}

function saidOf(found: Found | null): string {
  if (!found) return "Not answered: type again";
  const { values, more } = found;
  if (!values.length) return "None like this";
  return more
    ? `${count(values.length)} of ${count(values.length + more)}: type more`
    : `${count(values.length)} found`;
}
