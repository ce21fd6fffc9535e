/** What is searched for on the page: what is folded opens where it holds it, and closes when the search is over. */

import { createContext } from "preact";
import { useContext, useMemo } from "preact/hooks";

/**
 * Words, folded; none where nothing is searched for. The list itself stands for one search in one place, such
 * as a turn.
 */
export const Sought = createContext<readonly string[]>([]);

/** How texts are compared with the words; whoever searches brings more than small letters. */
export const folding = { fold: (text: string): string => text.toLowerCase() };

export const NOTHING_SOUGHT: readonly string[] = [];

/** So much is opened by one search in one place, from above: more nobody reads, and it costs. */
const MOST_OPENED = 24;

/** What was opened by each search, by its length and beginning: drawn anew, it opens again. */
const opened = new WeakMap<readonly string[], Set<string>>();

/** What tells whether one of the words is in a text; another one for other words. */
export function useIsIn(): (text: string) => boolean {
  const words = useContext(Sought);
  return useMemo(() => (text) => isIn(words, text), [words]);
}

/** Whether one of the words is in `inside`. */
export function useSought(inside: (() => string) | undefined): boolean {
  const words = useContext(Sought);
  return useMemo(() => inside !== undefined && isIn(words, inside()), [words, inside === undefined]);
}

/** The same for what opens by that. */
export function useOpening(inside: (() => string) | undefined): boolean {
  const words = useContext(Sought);
  return useMemo(() => {
    if (!inside || !words.length) return false;
    const text = inside();
    const some = opened.get(words) ?? new Set();
    opened.set(words, some);
    const name = `${text.length} ${text.slice(0, 80)}`;
    if (!some.has(name) && (some.size >= MOST_OPENED || !isIn(words, text))) return false;
    some.add(name);
    return true;
  }, [words, inside === undefined]);
}

/** The first of `items` that holds one of the words; null where none does, or nothing is searched for. */
export function useFirstSought<Item>(items: readonly Item[], textOf: (item: Item) => string): number | null {
  const words = useContext(Sought);
  return useMemo(() => {
    const at = words.length ? items.findIndex((item) => isIn(words, textOf(item))) : -1;
    return at < 0 ? null : at;
  }, [words, items]);
}

function isIn(words: readonly string[], text: string): boolean {
  if (!words.length) return false;
  const folded = folding.fold(text);
  return words.some((word) => folded.includes(word));
}
