import type { TurnsJson } from "../../../reports/turns.ts";

/** A session as the report turns has it. */
export type SessionJson = Extract<TurnsJson, { readonly leftOut: object }>;
/** One turn of it. */
export type SessionTurn = SessionJson["turns"][number];
