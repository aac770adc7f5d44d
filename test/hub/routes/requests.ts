import { putAddress } from "../../../src/hub/store.ts";
import type { AnyRoute } from "../../../src/hub/routes/contract.ts";
import { joined, operator } from "../harness.ts";
import type { asked } from "./harness.ts";
import { machineWithSession } from "./sample.ts";

/** Bodies of the routes that take one, but for that which uses up a code. */
const bodies: Readonly<Record<string, object>> = {
  "rename-machine": { name: "tower" },
  "create-invitation": { name: "phone" },
  "create-page-code": {},
  "create-token": { name: "page", scope: "read" },
  forget: { kind: "session", value: "nothing" },
  "api-usage-upload": { machineId: "mac", data: [{ date: "2026-11-28", inputTokens: 1, outputTokens: 2 }] },
  "api-clients-register": { clientId: "mac" },
  ingest: [],
  "upsert-session": { id: "s1", source: "codex" },
  "api-file-progress": { file_path: "/a", source: "codex", line: 1 },
};
/** Values of the names in paths; `withData` makes them exist. */
const NAMES: Readonly<Record<string, string>> = {
  machine: "laptop",
  token: "spare",
  session: "laptop-s",
  name: "daily",
  clientId: "laptop",
};
/** Parameters that a route cannot do without. */
const QUERIES: Readonly<Record<string, string>> = { "api-messages": "?session_id=laptop-s" };

/** A request line that a route answers with success. */
export const lineOf = ({ name, method, path }: AnyRoute): string =>
  `${method} ${path.replace(/:(\w+)/g, (_, one: string) => NAMES[one] ?? one)}${QUERIES[name] ?? ""}`;

/** A body with which a route succeeds. */
export const bodyOf = ({ name }: AnyRoute, { hub }: ReturnType<typeof asked>): object | undefined =>
  name === "page" ? { code: hub.tokens.pageCode("read", operator).code } : bodies[name];

/** Fills a hub with what the request lines name; returns the token of a machine. */
export async function withData({ hub, ask, tokenFor }: ReturnType<typeof asked>): Promise<string> {
  await machineWithSession(hub, "laptop");
  putAddress(hub.ledger, { url: "https://hub.example", pin: null });
  hub.tokens.create({ name: "spare", scope: "read", machine: null, person: "", expires: null }, operator);
  await ask("POST /sessions", { token: tokenFor("write", { name: "uploader" }), body: { id: "s9", source: "codex" } });
  return joined(hub, "phone").token;
}
