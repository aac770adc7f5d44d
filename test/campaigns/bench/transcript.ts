/** What a generated transcript contains. */
export interface TranscriptPlan {
  readonly sessionId: string;
  readonly cwd: string;
  readonly branch: string;
  /** Target size in bytes. */
  readonly bytes: number;
  /** Epoch milliseconds of the last line. */
  readonly end: number;
}

const WORDS =
  "the a limit window reset file line test worker const return await import error value session record state slot".split(
    " ",
  );
const TOOLS = ["Read", "Bash", "Grep", "Edit"];
const STEP_MS = 12_000;

/** Numbers from 0 to 1 that are the same in every run, so that runs on different days can be compared. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A transcript as Claude Code writes one: prompts, answers of several blocks that repeat their usage, tool results. */
export function transcript(plan: TranscriptPlan): string {
  const roll = dice(20_261_120);
  const pick = (from: readonly string[]): string => from[Math.floor(roll() * from.length)] ?? "";
  const prose = (length: number): string => {
    let text = "";
    while (text.length < length) text += `${pick(WORDS)}${roll() < 0.07 ? "\n" : " "}`;
    return text;
  };
  const id = (prefix: string): string =>
    prefix + Array.from({ length: 24 }, () => Math.floor(roll() * 36).toString(36)).join("");
  const lines: Record<string, unknown>[] = [];
  let bytes = 0;
  const add = (line: Record<string, unknown>): void => {
    const parentUuid = lines.at(-1)?.["uuid"] ?? null;
    const whole = {
      parentUuid,
      isSidechain: false,
      userType: "external",
      cwd: plan.cwd,
      sessionId: plan.sessionId,
      version: "2.1.328",
      gitBranch: plan.branch,
      ...line,
      uuid: id(""),
    };
    bytes += JSON.stringify(whole).length + 40;
    lines.push(whole);
  };
  const user = (content: unknown, rest: object = {}): void => {
    add({ type: "user", message: { role: "user", content }, ...rest });
  };
  let context = 18_000;
  while (bytes < plan.bytes) {
    user(prose(60 + roll() * 400));
    for (let steps = 1 + Math.floor(roll() * 6); steps > 0; steps--) {
      const written = Math.floor(200 + roll() * 6_000);
      const message = id("msg_01");
      const requestId = id("req_01");
      const call = id("toolu_01");
      const usage = {
        input_tokens: 4,
        cache_creation_input_tokens: written,
        cache_read_input_tokens: context,
        cache_creation: { ephemeral_5m_input_tokens: written, ephemeral_1h_input_tokens: 0 },
        output_tokens: Math.floor(60 + roll() * 2_000),
        service_tier: "standard",
      };
      context = context + written > 160_000 ? 20_000 : context + written;
      const name = pick(TOOLS);
      const blocks = [
        { type: "thinking", thinking: prose(roll() * 900), signature: id("") + id("") },
        { type: "text", text: prose(roll() * 1_200) },
        { type: "tool_use", id: call, name, input: { file_path: `${plan.cwd}/src/${pick(WORDS)}.ts` } },
      ];
      for (const block of blocks) {
        const content = [block];
        const answer = { id: message, type: "message", role: "assistant", model: "claude-opus-5-5", content, usage };
        add({ type: "assistant", message: answer, requestId });
      }
      const body = prose(400 + roll() * roll() * 30_000);
      user([{ type: "tool_result", tool_use_id: call, content: body }], {
        toolUseResult: { stdout: body, stderr: "", interrupted: false },
      });
    }
  }
  const start = plan.end - lines.length * STEP_MS;
  return lines
    .map((line, index) => JSON.stringify({ ...line, timestamp: new Date(start + index * STEP_MS).toISOString() }))
    .join("\n")
    .concat("\n");
}
