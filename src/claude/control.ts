import type { Request } from "./program.ts";

/** The answer to one request: what it said, or why it did not. */
export type ControlAnswer = { readonly value: Readonly<Record<string, unknown>> } | { readonly error: string };

type Json = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const object = (value: unknown): Json | null => (isObject(value) ? value : null);

/**
 * What one line of the control process answers, or null for any other line (it says other things as well). Shape:
 * { type: "control_response", response: { subtype: "success", request_id, response } | { subtype: "error", request_id, error } },
 * recorded in test/fixtures/control/*.raw.jsonl.
 */
export function answerIn(line: string): { readonly to: string; readonly answer: ControlAnswer } | null {
  if (!line.includes("control_response")) return null;
  let parsed: Json | null;
  try {
    parsed = object(JSON.parse(line));
  } catch {
    return null;
  }
  const response = object(parsed?.["response"]);
  const to = response?.["request_id"];
  if (parsed?.["type"] !== "control_response" || typeof to !== "string") return null;
  const value = object(response?.["response"]);
  if (response?.["subtype"] === "success" && value) return { to, answer: { value } };
  const error = response?.["error"];
  return { to, answer: { error: typeof error === "string" ? error.slice(0, 300) : "an answer without content" } };
}

/** Gathers answers until all requests have one. */
export class Answers {
  readonly #asked: readonly Request[];
  readonly #found = new Map<string, ControlAnswer>();

  constructor(asked: readonly Request[]) {
    this.#asked = asked;
  }

  /** Takes in one line; true once every request is answered. */
  take(line: string): boolean {
    const found = answerIn(line);
    if (found && !this.#found.has(found.to)) this.#found.set(found.to, found.answer);
    return this.#asked.every((name) => this.#found.has(name));
  }

  /** The answer to a request, null while there is none. */
  to(name: Request): ControlAnswer | null {
    return this.#found.get(name) ?? null;
  }
}
