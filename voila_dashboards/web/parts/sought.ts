/** What is searched for on the page: what is folded opens where it holds it, and closes when the search is over. */

import { createContext } from "preact";
import { useContext, useMemo } from "preact/hooks";

/** Words in small letters; none where nothing is searched for. */
export const Sought = createContext<readonly string[]>([]);

export function useSought(inside: (() => string) | undefined): boolean {
  const words = useContext(Sought);
  return useMemo(() => {
    if (!inside || !words.length) return false;
    const text = inside().toLowerCase();
    return words.some((word) => text.includes(word));
  }, [words, inside === undefined]);
}
