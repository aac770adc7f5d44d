import { claudeCode } from "./claude-code.ts";
import { cline } from "./cline.ts";
import { codex } from "./codex.ts";
import { continue as continueCli } from "./continue.ts";
import type { Source } from "./contract.ts";
import { cowork } from "./cowork.ts";
import { copilotCli } from "./copilot-cli.ts";
import { cursor } from "./cursor.ts";
import { droid } from "./droid.ts";
import { geminiCli } from "./gemini-cli.ts";
import { kilo } from "./kilo.ts";
import { ohMyPi } from "./oh-my-pi.ts";
import { openclaw } from "./openclaw.ts";
import { opencode } from "./opencode.ts";
import { pi } from "./pi.ts";
import { qwenCode } from "./qwen-code.ts";

/** The registry of assistants. */
export const sources: readonly Source[] = [
  claudeCode,
  cowork,
  codex,
  geminiCli,
  cursor,
  opencode,
  kilo,
  copilotCli,
  qwenCode,
  pi,
  ohMyPi,
  cline,
  continueCli,
  droid,
  openclaw,
];
