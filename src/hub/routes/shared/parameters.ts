import { z } from "zod";

const text = z.string().min(1).max(1_000).optional();

/** Which days. */
export const range = {
  since: text.describe("first day: 2026-11-20, 20261120, today, yesterday, or a length of time such as 7d"),
  until: text.describe("last day, included"),
  last: text.describe("a length of time until now: 24h, 7d, 4w, 3m"),
  timezone: text.describe("zone of days, UTC if missing"),
};

/** Whose usage. */
export const selection = {
  ...range,
  machine: text.describe("name or id of a machine"),
  person: text,
  source: text.describe("an assistant: claude-code, codex, ..."),
  project: text,
  branch: text,
  model: text.describe("part of a model's name"),
};

/** Rows of a page that a route answers with if it is not asked for another number, and the most. */
const [PAGE_ROWS, MAX_PAGE_ROWS] = [100, 1_000];

/** Which part of a long list. */
export const page = {
  limit: z.coerce.number().int().min(1).max(MAX_PAGE_ROWS).default(PAGE_ROWS),
  offset: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).default(0),
};

/** A part of a list, and where the next one begins. */
export interface ListPage<Row> {
  readonly rows: readonly Row[];
  readonly total: number;
  /** Null after the last one. */
  readonly nextOffset: number | null;
}

/** The fields of the schema of a paged answer besides its list. */
export const pageFields = { total: z.number(), nextOffset: z.number().nullable() };

/** The part of a list that was asked for. */
export function pageOf<Row>(rows: readonly Row[], { limit, offset }: { limit: number; offset: number }): ListPage<Row> {
  const end = offset + limit;
  return { rows: rows.slice(offset, end), total: rows.length, nextOffset: end < rows.length ? end : null };
}

/** A route without parameters. */
export const noParameters = z.strictObject({});
