import type { z } from "zod";
import { PawprintError } from "../utils/errors.ts";
import { clean } from "../utils/terminal.ts";

/** The first thing that is wrong with a value: its place, unless that is all of it, and the reason. */
export const reasonOf = ({ issues: [issue] }: z.ZodError): string =>
  clean([issue?.path.join("."), issue?.message ?? "wrong"].filter(Boolean).join(": "), 500);

/** A value that fits its schema. Throws bad_usage, which names the first place that does not. */
export function parsed<T>(schema: z.ZodType<T>, value: unknown, what: "a parameter" | "the body"): T {
  const found = schema.safeParse(value);
  if (found.success) return found.data;
  const hint = "pawprint schema openapi prints the schema";
  throw new PawprintError("bad_usage", `${what} is wrong: ${reasonOf(found.error)}`, hint);
}

/** The JSON of a body. Throws bad_usage. */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new PawprintError("bad_usage", "the body is not JSON", "send JSON as UTF-8", error);
  }
}
