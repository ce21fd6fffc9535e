/** A picture whose bytes are in the log; what tells whether it is one is fetched with the first. */

import type { VNode } from "preact";
import { later } from "../parts/later.tsx";

const drawn = later<{ src: string }>(() => import("./drawn-picture.tsx"));

/** `src`: an address that holds the picture itself, never one that a browser would ask somebody for. */
export const Picture = ({ src }: { src: string }): VNode => (
  <drawn.Draw of={{ src }} meanwhile={<span class="cl-muted">(a picture)</span>} />
);
