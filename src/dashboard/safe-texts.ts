/** What a name of somebody else may not do: control a terminal that it is copied to, or turn the text around it. Isolates stay. */
const UNSAFE = /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066\u2067]/g;
/** What somebody reads of an element. */
const READ = ["children", "title", "aria-label", "placeholder", "label"] as const;

/** Takes such characters out of the texts and labels of an element's properties; others, such as values and addresses, stay. */
export function makeSafe(props: Record<string, unknown>): void {
  for (const name of READ) if (name in props) props[name] = safe(props[name]);
}

/** A text, or the texts among children. */
function safe(one: unknown): unknown {
  if (typeof one === "string") return one.replace(UNSAFE, "");
  return Array.isArray(one) ? one.map(safe) : one;
}
