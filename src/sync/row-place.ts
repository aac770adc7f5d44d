import { decodeBody, kindOf } from "../model/body.ts";
import type { Bodies } from "../model/observation.ts";

/** The session and the directory that a row of the journal names; "" if it names none. Throws SyntaxError for a body that is not JSON. */
export function workOf(key: string, body: string): { readonly session: string; readonly project: string } {
  const kind = kindOf(key);
  if (kind === null) return { session: "", project: "" };
  const { session, project, directory } = decodeBody(kind, body) as Partial<Bodies["response"] & Bodies["worktree"]>;
  return { session: session ?? "", project: project ?? directory ?? "" };
}
