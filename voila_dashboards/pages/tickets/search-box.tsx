/** The search: asked after a pause in typing, and never taken out of the hands of who types. */

import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { PageParams } from "../../web/generated/contract.ts";
import { fromStart } from "../../web/session/addresses.ts";
import { useSession } from "../../web/session/context.ts";

const SEARCH_PAUSE_MS = 300;

export function SearchBox({ params }: { params: PageParams["tickets"] }): VNode {
  const session = useSession();
  const box = useRef<HTMLInputElement>(null);
  const pause = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const latest = useRef(params);
  latest.current = params;

  useEffect(() => () => clearTimeout(pause.current), []);
  useEffect(() => {
    const element = box.current;
    if (element && document.activeElement !== element) element.value = params.q;
  }, [params.q]);

  const search = (isNew: boolean) => {
    clearTimeout(pause.current);
    const typed = box.current?.value.trim() ?? "";
    const { q } = latest.current;
    if (typed === q) return;
    session.go("tickets", fromStart({ ...latest.current, q: typed }), { kind: isNew || !q ? "push" : "replace" });
  };
  const later = () => {
    clearTimeout(pause.current);
    pause.current = setTimeout(() => search(false), SEARCH_PAUSE_MS);
  };
  const submit = (event: Event) => {
    event.preventDefault();
    search(true);
  };
  return (
    <form role="search" onSubmit={submit}>
      <input
        ref={box}
        type="search"
        class="cl-input cl-search"
        placeholder="Search words, tools, ids"
        title="In subjects, messages, answers, errors, tool names and ids; a phrase between quotation marks"
        aria-label="Search tickets"
        defaultValue={params.q}
        data-key="q"
        maxLength={200}
        autocomplete="off"
        spellcheck={false}
        onInput={later}
      />
    </form>
  );
}
