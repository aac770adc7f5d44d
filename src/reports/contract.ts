import type { Answer, Books, Question } from "./shared/question.ts";
import type { ShelfItem } from "../utils/registry.ts";

/** A question over the ledger; also a command of its name. Loads nothing slow: it answers within milliseconds. */
export interface Report extends ShelfItem {
  /** It tells what sessions did, which is read after the responses: it says how far that is. */
  readonly needsActivity?: true;
  run(question: Question, books: Books): Answer | Promise<Answer>;
}
