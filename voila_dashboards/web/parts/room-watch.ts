/**
 * Keeps a page from having too many elements: beyond that, pieces out of sight give way to gaps, and come back when
 * those are near; where that is not enough, what was unfolded longest ago is folded.
 */

import { useContext, useLayoutEffect } from "preact/hooks";
import { type Room, RoomContext } from "./room.ts";

const MOST_ELEMENTS = 4000;
/** How many are left then, so that not every change of a full page looks for room. */
const ENOUGH_ELEMENTS = 3000;
/** What is nearer to the window than this is drawn, in pixels. */
const NEAR = 400;
/** What is further gives way: more than `NEAR`, or it would come back at once. */
const FAR = 600;
/** Panes that scroll by themselves. */
const PANE = ".cl-details";

/** Watches the page `root` as long as the component is there. */
export function useRoomWatch(root: Element): void {
  const room = useContext(RoomContext);
  useLayoutEffect(() => {
    if (!room) return;
    const gaps = new IntersectionObserver((seen) => fill(room, gaps, seen), { rootMargin: `${NEAR}px` });
    const elements = root.getElementsByTagName("*");
    const look = () => elements.length > MOST_ELEMENTS && makeRoom(room, gaps, elements.length - ENOUGH_ELEMENTS);
    const changes = new MutationObserver(look); // called before what has changed is painted
    changes.observe(root, { childList: true, subtree: true });
    queueMicrotask(look); // what is there already
    return () => {
      changes.disconnect();
      gaps.disconnect();
    };
  }, [room, root]);
}

/** What is done here changes the page, so that somebody looks again. */
function makeRoom(room: Room, gaps: IntersectionObserver, needed: number): void {
  const left = needed - giveWay(room, gaps, needed);
  if (left > MOST_ELEMENTS - ENOUGH_ELEMENTS) foldOldest(room, left);
}

/** Has so many elements out of sight give way, the furthest first; how many that were. */
function giveWay({ pieces }: Room, gaps: IntersectionObserver, needed: number): number {
  const far = new Map([...pieces.keys()].map((element) => [element, distanceOf(element)] as const));
  for (const [element, distance] of far) if (distance <= FAR) far.delete(element);
  const outer = [...far].filter(([element]) => !isWithin(element, far)).sort(([, a], [, b]) => b - a);
  let won = 0;
  for (const [element] of outer) {
    if (won >= needed) break;
    const inside = insideOf(element);
    if (!inside) continue;
    won += inside;
    pieces.get(element)?.giveWay(element.getBoundingClientRect().height);
    gaps.observe(element);
  }
  return won;
}

/** Folds the oldest that do not hold the latest, until so many elements are gone. */
function foldOldest({ unfolded }: Room, needed: number): void {
  const latest = [...unfolded.keys()].at(-1);
  let won = 0;
  for (const [element, fold] of unfolded) {
    if (won >= needed) return;
    if (latest && element.contains(latest)) continue;
    won += insideOf(element);
    unfolded.delete(element);
    fold();
  }
}

const insideOf = (element: Element): number => element.getElementsByTagName("*").length;

function isWithin(element: Element, others: ReadonlyMap<Element, unknown>): boolean {
  for (let at = element.parentElement; at; at = at.parentElement) if (others.has(at)) return true;
  return false;
}

function fill({ pieces }: Room, gaps: IntersectionObserver, seen: readonly IntersectionObserverEntry[]): void {
  for (const { target, isIntersecting } of seen) {
    if (!isIntersecting) continue;
    gaps.unobserve(target);
    pieces.get(target)?.comeBack();
  }
}

/** How far an element is from what is in sight, in pixels; 0 in sight. */
function distanceOf(element: Element): number {
  const { top, bottom } = element.getBoundingClientRect();
  const pane = element.parentElement?.closest(PANE)?.getBoundingClientRect();
  const [from, to] = pane ? [Math.max(0, pane.top), Math.min(innerHeight, pane.bottom)] : [0, innerHeight];
  return Math.max(0, top - to, from - bottom);
}
