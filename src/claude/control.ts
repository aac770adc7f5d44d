import { fields, isFields, parse, text } from "../utils/json.ts";
import type { ControlRequest } from "./program.ts";

/** The answer to one request, or the reason why it failed. */
export type ControlAnswer = { readonly value: Readonly<Record<string, unknown>> } | { readonly error: string };

/**
 * Parses one line of the control process; null if it is not an answer, since other lines are printed too. Shape: {
 * type: "control_response", response: { subtype: "success", request_id, response } | { subtype: "error", request_id,
 * error } }, recorded in test/fixtures/control/*.raw.jsonl.
 */
export function answerIn(line: string): { readonly to: string; readonly answer: ControlAnswer } | null {
  if (!line.includes("control_response")) return null;
  const parsed = parse(line);
  const response = fields(parsed?.["response"]);
  const { request_id: to, response: value } = response;
  if (parsed?.["type"] !== "control_response" || typeof to !== "string") return null;
  if (response["subtype"] === "success" && isFields(value)) return { to, answer: { value } };
  return { to, answer: { error: text(response["error"], 300) || "an answer without content" } };
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
