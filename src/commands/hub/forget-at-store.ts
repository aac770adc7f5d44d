import { forgetRows } from "../../hub/forget.ts";
import type { Context } from "../contract.ts";
import { OPERATOR, openHub } from "./open-hub.ts";

/** Removes rows in this machine's hub.db, and returns their number. Throws what openHub and forgetRows throw. */
export async function forgetAtStore(
  context: Context,
  kind: "session" | "project" | "machine" | "person",
  value: string,
): Promise<number> {
  using hub = openHub(context);
  return forgetRows(hub, { kind, value, machine: null }, OPERATOR);
}
