import { recorded as claudeCode } from "./claude-code.ts";
import { recorded as cline } from "./cline.ts";
import { recorded as codex } from "./codex.ts";
import { recorded as continueCli } from "./continue.ts";
import { recorded as cowork } from "./cowork.ts";
import { recorded as cursor } from "./cursor.ts";
import { recorded as geminiCli } from "./gemini-cli.ts";
import { recorded as qwenCode } from "./qwen-code.ts";
import { recorded as copilotCli } from "./copilot-cli.ts";
import { recorded as kilo } from "./kilo.ts";
import { recorded as opencode } from "./opencode.ts";
import { recorded as ohMyPi } from "./oh-my-pi.ts";
import { recorded as pi } from "./pi.ts";
import { recorded as droid } from "./droid.ts";
import { recorded as openclaw } from "./openclaw.ts";
import type { RecordedHome } from "./recorded.ts";

/** Recorded homes of all assistants. */
export const recordedHomes: readonly RecordedHome[] = [
  ...claudeCode,
  ...cowork,
  ...codex,
  ...geminiCli,
  ...qwenCode,
  ...cursor,
  ...opencode,
  ...kilo,
  ...copilotCli,
  ...pi,
  ...ohMyPi,
  ...cline,
  ...continueCli,
  ...droid,
  ...openclaw,
];
