/** What is folded is open on paper. */

import { useEffect } from "preact/hooks";
import { useSession } from "../../web/session/context.ts";

export function useOpenOnPaper(): void {
  const { root } = useSession();
  useEffect(() => {
    const stop = new AbortController();
    let opened: HTMLDetailsElement[] = [];
    const open = () => {
      opened = [...root.querySelectorAll<HTMLDetailsElement>(".cl-folds:not([open])")];
      for (const each of opened) each.open = true;
    };
    const close = () => {
      for (const each of opened) each.open = false;
      opened = [];
    };
    window.addEventListener("beforeprint", open, { signal: stop.signal });
    window.addEventListener("afterprint", close, { signal: stop.signal });
    return () => {
      stop.abort();
      close();
    };
  }, [root]);
}
