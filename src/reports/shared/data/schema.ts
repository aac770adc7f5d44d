import { z } from "zod";
import { type ValueKind, valueFormats } from "../../../render/format.ts";
import type { Role } from "../../../utils/terminal.ts";
import type { ReportData } from "./data.ts";
import { MAX_SPAN, roles } from "./marks.ts";

const kinds = Object.keys(valueFormats) as ValueKind[];
/** Most columns, rows, notes and drawn lines that are read. */
const [MAX_COLUMNS, MAX_ROWS, MAX_NOTES, MAX_LINES] = [100, 1_000_000, 1_000, 10_000];
/** Longest text of a cell or a note, characters. */
const [MAX_CELL, MAX_NOTE] = [10_000, 10_000];

const finite = z.number();
const cell = z.union([z.string().max(MAX_CELL), finite, z.null()]);
const text = z.string().max(MAX_NOTE);
// What a newer hub adds to kinds and roles is shown as plain text.
const span = z.union([
  z.string().max(MAX_SPAN),
  z.tuple([z.enum(roles as [Role, ...Role[]]).catch("plain"), z.string().max(MAX_SPAN)]),
]);

/** The farthest time from 1970 that a date can be, milliseconds. */
const MAX_TIME = 8.64e15;

/** The result of a report as a hub sends it. */
export const reportDataSchema: z.ZodType<ReportData> = z
  .object({
    report: z.string().max(100),
    timezone: z.string().max(200),
    columns: z
      .array(
        z.object({
          name: z.string().max(200),
          kind: z.enum(kinds as [ValueKind, ...ValueKind[]]).catch("text"),
          priority: finite,
          shorten: z.boolean(),
          isHidden: z.boolean(),
          field: z.string().max(200).exactOptional(),
          total: cell.exactOptional(),
        }),
      )
      .max(MAX_COLUMNS),
    rows: z.array(z.array(cell).max(MAX_COLUMNS)).max(MAX_ROWS),
    parts: z.array(z.int().nonnegative()).max(MAX_ROWS),
    bars: z.object({ priority: finite, values: z.array(finite.nullable()).max(MAX_ROWS) }).nullable(),
    isEmpty: z.boolean(),
    empty: text,
    notes: z.array(text).max(MAX_NOTES),
    showing: text.nullable(),
    order: z.enum(["asc", "desc"]).nullable(),
    maxRows: z.int().positive().nullable(),
    json: z.record(z.string(), z.unknown()),
    lines: z.array(z.array(span).max(MAX_CELL)).max(MAX_LINES).nullable(),
  })
  .refine(
    ({ columns, rows }) =>
      columns.every(
        ({ kind, total }, at) =>
          kind !== "time" ||
          [total, ...rows.map((row) => row[at])].every(
            (one) => Math.abs(Number(one ?? 0)) <= MAX_TIME || typeof one === "string",
          ),
      ),
    "a time is out of range",
  );
