/**
 * How many elements a page may have: pieces of it that are out of sight give way to a gap that is as high. What sees to
 * that is `room-watch.ts`, which a first paint does without.
 */

import { createContext, type RefObject } from "preact";
import { useContext, useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

export interface Piece {
  giveWay(height: number): void;
  comeBack(): void;
}

/** What can give way on one page. */
export interface Room {
  pieces: Map<Element, Piece>;
  /** How to fold what was unfolded, by its element, the latest at the end. */
  unfolded: Map<Element, () => void>;
}

export const newRoom = (): Room => ({ pieces: new Map(), unfolded: new Map() });

/** Null on pages that hold little. */
export const RoomContext = createContext<Room | null>(null);

/** Makes an element a piece: while `gap` is a number, it is empty and so many pixels high. */
export function usePiece<Kind extends HTMLElement>(): { place: RefObject<Kind | null>; gap: number | null } {
  const room = useContext(RoomContext);
  const place = useRef<Kind>(null);
  const [gap, setGap] = useState<number | null>(null);
  useLayoutEffect(() => {
    const element = place.current;
    if (!room || !element) return;
    room.pieces.set(element, { giveWay: setGap, comeBack: () => setGap(null) });
    return () => void room.pieces.delete(element);
  }, [room]);
  return { place, gap };
}

/** Has what was unfolded in an element folded again where there is no room for it. */
export function useUnfolded(place: RefObject<Element | null>, isUnfolded: boolean, fold: () => void): void {
  const room = useContext(RoomContext);
  const now = useRef(fold);
  now.current = fold;
  useEffect(() => {
    const element = place.current;
    if (!room || !element || !isUnfolded) return;
    room.unfolded.set(element, () => now.current());
    return () => void room.unfolded.delete(element);
  }, [room, isUnfolded]);
}

/** The style of a piece that gave way. */
export const gapStyle = (gap: number | null): { style?: { height: string } } =>
  gap === null ? {} : { style: { height: `${gap}px` } };
