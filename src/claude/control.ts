import type { Fields } from "../utils/json.ts";
import type { ControlRequest } from "./program.ts";

/** The answer to one request, or the reason why it failed. */
export type ControlAnswer = { readonly value: Readonly<Record<string, unknown>> } | { readonly error: string };

const isObject = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const object = (value: unknown): Fields | null => (isObject(value) ? value : null);

/**
 * Parses one line of the control process; null if it is not an answer, since other lines are printed too. Shape: {
 * type: "control_response", response: { subtype: "success", request_id, response } | { subtype: "error", request_id,
 * error } }, recorded in test/fixtures/control/*.raw.jsonl.
 */
export function answerIn(line: string): { readonly to: string; readonly answer: ControlAnswer } | null {
  if (!line.includes("control_response")) return null;
  let parsed: Fields | null;
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

/** Collects answers until all requests have one. */
export class Answers {
  readonly #requests: readonly ControlRequest[];
  readonly #found = new Map<string, ControlAnswer>();

  constructor(requests: readonly ControlRequest[]) {
    this.#requests = requests;
  }

  /** Processes one line; returns true once every request is answered. */
  add(line: string): boolean {
    const found = answerIn(line);
    if (found && !this.#found.has(found.to)) this.#found.set(found.to, found.answer);
    return this.#requests.every((name) => this.#found.has(name));
  }

  /** The answer to a request; null if there is none yet. */
  answerTo(name: ControlRequest): ControlAnswer | null {
    return this.#found.get(name) ?? null;
  }
}
