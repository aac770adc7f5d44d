import { Fragment, options } from "preact";
import { makeSafe } from "./safe-texts.ts";

/** Makes all texts of the page safe, wherever they came from. Properties of components are values, which a component may send back. */
export function watchTexts(): void {
  const before = options.vnode;
  options.vnode = (vnode) => {
    if (typeof vnode.type === "string" || vnode.type === Fragment) makeSafe(vnode.props);
    before?.(vnode);
  };
}
