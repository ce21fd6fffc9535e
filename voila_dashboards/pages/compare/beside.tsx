/** A table of what both tickets have, and the difference. */

import { type ComponentChild, Fragment, type VNode } from "preact";
import { useState } from "preact/hooks";
import { count } from "../../web/text/numbers.ts";

const PORTION = 60;

interface BesideProps<Item> {
  title: string;
  /** What a row is about. */
  first: string;
  items: readonly Item[];
  draw: (item: Item) => ComponentChild;
}

export function Beside<Item>({ title, first, items, draw }: BesideProps<Item>): VNode {
  const [asked, ask] = useState(PORTION);
  const left = items.length - asked;
  return (
    <section class="cl-card cl-c-beside">
      <h2 class="cl-card-title">{title}</h2>
      <table class="cl-c-beside-table">
        <thead>
          <tr>
            <th scope="col">{first}</th>
            {["Other", "This", "Difference"].map((name) => (
              <th key={name} scope="col" class="cl-num">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {items.slice(0, asked).map((item, i) => (
            <Fragment key={i}>{draw(item)}</Fragment>
          ))}
        </tbody>
      </table>
      {left > 0 && (
        <button type="button" class="cl-more" onClick={() => ask(asked + PORTION)}>
          Show {count(Math.min(PORTION, left))} more of {count(left)}
        </button>
      )}
    </section>
  );
}
