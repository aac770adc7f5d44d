import { claudeCode } from "./claude-code.ts";
import type { Source } from "./contract.ts";

/** The shelf of assistants. */
export const sources: readonly Source[] = [claudeCode];
