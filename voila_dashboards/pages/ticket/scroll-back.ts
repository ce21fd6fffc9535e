/** Goes where a page was left, though it grows while it is drawn. */

/** So long what is drawn late may make the page longer. */
const LATE_MS = 3000;
/** What stands where something is drawn late, which makes the page longer. */
const AWAITED = ".cl-awaited, .cl-find:empty";

/** Scrolls there until the page is drawn and long enough, unless somebody does something meanwhile. */
export function scrollingTo(y: number): () => void {
  const until = performance.now() + LATE_MS;
  let frame = 0;
  const stop = () => cancelAnimationFrame(frame);
  const go = () => {
    const isDrawn = !document.querySelector(AWAITED);
    scrollTo(0, y);
    const isThere = isDrawn && Math.abs(scrollY - y) <= 1;
    if (!isThere && performance.now() < until) frame = requestAnimationFrame(go);
  };
  go();
  const events = ["wheel", "touchmove", "keydown", "pointerdown"];
  for (const event of events) addEventListener(event, stop, { once: true, passive: true });
  return () => {
    stop();
    for (const event of events) removeEventListener(event, stop);
  };
}
