import type { Frame } from "../model/wire.ts";
import { failures, type FailureCode, PawprintError } from "../utils/errors.ts";

/** What a `stop` says, as an error. */
export function stopError({ code, message, hint }: Frame<"stop">): PawprintError {
  const known = Object.hasOwn(failures, code) ? (code as FailureCode) : "answer_unusable";
  return new PawprintError(known, message, hint ?? "see the log of the hub");
}
