/** A choice of one among several. */

import type { VNode } from "preact";
import { clip } from "../text/labels.ts";

interface ChoiceProps {
  name: string;
  value: string;
  /** Values, each with its text. */
  options: readonly (readonly [string, string])[];
  onChoose: (value: string) => void;
  class?: string;
}

export function Choice({ name, value, options, onChoose, class: more = "" }: ChoiceProps): VNode {
  return (
    <select
      class={`cl-select ${more}`}
      aria-label={name}
      data-key={name}
      value={value}
      onChange={(event) => onChoose(event.currentTarget.value)}
    >
      {options.map(([key, text]) => (
        <option key={key} value={key}>
          {clip(text, 40)}
        </option>
      ))}
    </select>
  );
}
