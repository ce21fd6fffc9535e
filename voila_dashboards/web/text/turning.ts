/**
 * Every text that becomes part of the page passes here, whoever wrote the component: a character that turns the
 * direction of text around is drawn as a box that shows its code, and keeps the character for whoever copies it.
 *
 * `data-raw` on an element leaves its text as it is. The hook is one of Preact's option hooks.
 */

import { type ComponentChildren, h, options, type VNode } from "preact";
import { codeOf, isTurning, shownText, splitTurning, withTurningShown } from "./bidi.ts";

const before = options.vnode;

options.vnode = (vnode: VNode): void => {
  if (typeof vnode.type === "string") showTurning(vnode as VNode<Record<string, unknown>>);
  before?.(vnode);
};

function showTurning(vnode: VNode<Record<string, unknown>>): void {
  const { props } = vnode;
  if (props.class === "cl-turning" || "data-raw" in props) return;
  if (vnode.type === "option") props.children = replaced(props.children, shownText);
  else props.children = replaced(props.children, boxed);
}

/** `children` with every text among them that turns put through `show`; the very same where there is none. */
function replaced(children: ComponentChildren, show: (text: string) => ComponentChildren): ComponentChildren {
  if (typeof children === "string") return isTurning(children) || show === shownText ? show(children) : children;
  if (!Array.isArray(children)) return children;
  return children.some((each) => typeof each === "string" || Array.isArray(each))
    ? children.map((each) => replaced(each, show))
    : children;
}

/** In a text of more pieces they are written out: each box is an element. */
const MOST_PIECES = 120;

const boxed = (text: string): ComponentChildren => {
  const parts = splitTurning(text);
  if (parts.length > MOST_PIECES) return withTurningShown(text);
  return parts.map((part) => (isTurning(part) ? box(part) : part));
};

function box(character: string): ComponentChildren {
  const code = codeOf(character);
  const title = `The character ${code}, which turns the direction of text around`;
  return h("span", { class: "cl-turning", "data-code": code, title }, character);
}
