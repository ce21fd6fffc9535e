/** The picture itself, unless it would fill the memory of whoever looks, or is none. */

import type { VNode } from "preact";
import { useMemo, useState } from "preact/hooks";
import { bytes, count } from "../text/numbers.ts";
import { isDrawable, sizeOf } from "./picture-size.ts";

export default function DrawnPicture({ src }: { src: string }): VNode {
  const [isBroken, breakOff] = useState(false);
  const size = useMemo(() => sizeOf(src.slice(src.indexOf(",") + 1)), [src]);
  if (size !== null && !isDrawable(size))
    return (
      <span class="cl-muted">
        (a picture of {count(size[0])} × {count(size[1])} pixels: more than is drawn)
      </span>
    );
  if (size === null || isBroken)
    return <span class="cl-muted">(a picture that cannot be drawn: {bytes(src.length)} as text)</span>;
  return <img class="cl-picture" src={src} alt="From the log" loading="lazy" onError={() => breakOff(true)} />;
}
