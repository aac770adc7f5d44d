import type { Frame } from "../model/wire.ts";
import { isFailureCode, PawprintError } from "../utils/errors.ts";

/** What a `stop` says, as an error. */
export function stopError({ code, message, hint }: Frame<"stop">): PawprintError {
  return new PawprintError(isFailureCode(code) ? code : "answer_unusable", message, hint ?? "see the log of the hub");
}
