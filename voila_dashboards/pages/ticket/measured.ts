/** A run with what its steps took, and where they lie in time: what a first paint does without. */

import type { Debug } from "./debug.ts";
import { type AllFigures, figuresOf } from "./figures.ts";
import { type Layout, layOut } from "./layout.ts";

export interface Measured extends Debug {
  layout: Layout;
  figures: AllFigures;
}

export function measured(debug: Debug): Measured {
  const layout = layOut(debug.groups);
  return { ...debug, layout, figures: figuresOf(debug.groups, layout) };
}
