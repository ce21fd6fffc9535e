/**
 * Rows of one height of which only those in sight exist, however many there are. All the work of
 * `@tanstack/virtual-core` is rows of unknown heights; it is 9.8 KB on the wire, a sixth of a first visit.
 */

import type { RefObject } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { rowsInSight, type Sight, scrolledTo } from "./in-sight.ts";

/** What is drawn before anybody knows how high the list is, in pixels. */
const FIRST_HEIGHT = 640;
/** Browsers draw nothing that is further down than about this, in pixels. */
const DEEPEST = 15_000_000;

export interface VirtualRows {
  from: number;
  to: number;
  /** How high all rows are together, in pixels. */
  total: number;
  show(index: number): void;
}

/** Of `count` rows of `rowHeight` pixels within the element that scrolls, `place`. */
export function useVirtualRows(place: RefObject<HTMLElement | null>, count: number, rowHeight: number): VirtualRows {
  const [sight, setSight] = useState<Sight>({ top: 0, height: FIRST_HEIGHT });
  /** The row to show as soon as the list has any room. */
  const awaited = useRef<number | null>(null);
  useLayoutEffect(() => {
    const element = place.current;
    if (!element) return;
    const look = () => {
      if (awaited.current !== null && element.clientHeight) scrollTo(element, awaited.current);
      setSight((last) => changed(last, sightOf(element)));
    };
    const stop = new AbortController();
    element.addEventListener("scroll", look, { passive: true, signal: stop.signal });
    const observer = new ResizeObserver(look);
    observer.observe(element);
    return () => {
      stop.abort();
      observer.disconnect();
    };
  }, [place]);
  const scrollTo = (element: HTMLElement, index: number) => {
    awaited.current = null;
    element.scrollTop = scrolledTo(sightOf(element), index, rowHeight);
  };
  const show = (index: number) => {
    const element = place.current;
    if (element?.clientHeight) scrollTo(element, index);
    else awaited.current = index;
  };
  return { ...rowsInSight(sight, count, rowHeight), total: Math.min(DEEPEST, count * rowHeight), show };
}

const sightOf = (element: HTMLElement): Sight => ({ top: element.scrollTop, height: element.clientHeight });

const changed = (last: Sight, next: Sight): Sight =>
  last.top === next.top && last.height === next.height ? last : next;
