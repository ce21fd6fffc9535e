/**
 * Every text that becomes part of the page passes here, whoever wrote the component: a character that turns the
 * direction of text around, or that nobody sees, is drawn as a box that shows its code, and keeps the character for
 * whoever copies it. In attributes that are read or spoken its code is written out.
 *
 * `data-raw` on an element leaves directions as they are, and so does a fragment: both are within a text's own body.
 * The hook is one of Preact's option hooks.
 */

import { type ComponentChildren, Fragment, h, options, type VNode } from "preact";
import { codeOf, isTurning, shownText, splitHiding, taggedText, withHiddenShown } from "./bidi.ts";

const before = options.vnode;

options.vnode = (vnode: VNode): void => {
  const { type, props } = vnode as VNode<Record<string, unknown>>;
  if (type === Fragment) show(props, inProse);
  else if (typeof type === "string") showHiding(type, props);
  before?.(vnode);
};

/** Elements in which there are no others. */
const OF_TEXT = /^(option|text|title|textarea)$/;
const READ = ["title", "aria-label", "alt", "placeholder"];

function showHiding(type: string, props: Record<string, unknown>): void {
  for (const name of READ) {
    const text = props[name];
    if (typeof text === "string") props[name] = withHiddenShown(text);
  }
  if (props.class === "cl-turning") return;
  show(props, OF_TEXT.test(type) ? shownText : "data-raw" in props ? inProse : boxed);
}

type Show = (text: string) => ComponentChildren;

function show(props: Record<string, unknown>, way: Show): void {
  props.children = replaced(props.children as ComponentChildren, way);
}

/** `children` with every text among them put through `way`; the very same where there is none. */
function replaced(children: ComponentChildren, way: Show): ComponentChildren {
  if (typeof children === "string") return way(children);
  if (!Array.isArray(children)) return children;
  return children.some((each) => typeof each === "string" || Array.isArray(each))
    ? children.map((each) => replaced(each, way))
    : children;
}

/** In a text of more pieces they are written out: each box is an element. */
const MOST_PIECES = 120;

const boxed = (text: string, isProse = false): ComponentChildren => {
  const parts = splitHiding(text, isProse);
  if (parts.length === 1) return text;
  if (parts.length > MOST_PIECES) return withHiddenShown(text);
  return parts.map((part, i) => (i % 2 ? box(part) : part));
};

const inProse: Show = (text) => boxed(text, true);

function box(hiding: string): ComponentChildren {
  const code = codeOf(hiding);
  const what = isTurning(hiding) ? "which turns the direction of text around" : "which nobody sees";
  const read = taggedText(hiding);
  const title = `The character ${code}, ${what}${read && `, to be read as ${read}`}`;
  return h("span", { class: "cl-turning", "data-code": code, title }, hiding);
}
