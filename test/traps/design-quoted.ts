import { main, trap } from "./design.ts";
import {
  type Json,
  line,
  message,
  place,
  type Response,
  text,
  toolResult,
  toolUse,
  usage,
  user,
  type World,
} from "./world.ts";

/** A response that is only quoted in a text and must not be counted. */
const foreign = (w: World): Response => ({
  ...w.response(),
  session: w.sessionOf("another"),
  input: 500_000,
  output: 90_000,
});

/** One real response among lines that contain the usage of another. */
function among(name: string, meaning: string, why: string, lines: (w: World, quoted: Response) => readonly Json[]) {
  return trap(name, meaning, why, (w) => {
    const [a, quoted, b] = [w.response(), foreign(w), w.response()];
    return { responses: [a, b], files: { [main(w.session)]: [line(a), ...lines(w, quoted), line(b)] } };
  });
}

/** Lines that contain usage, but are not responses. */
export const quoted = [
  trap(
    "usage-in-a-tool-input",
    "A tool was called with an input that is made like a message with its usage, and the call stands on a line of its own.",
    "agents that write tests for usage readers do this; readers that look for any message.usage count it",
    (w) => {
      const r = w.response();
      const q = foreign(w);
      const input = { message: { id: q.id, model: q.model, usage: usage(q) }, requestId: q.request, type: "assistant" };
      const call = line(r, { uuid: w.uuid() }, { content: [toolUse("mcp__store__put", input)] });
      return { responses: [r], files: { [main(w.session)]: [line(r), call] } };
    },
  ),
  trap(
    "quoted-usage-before-the-true-one",
    "A response's own text and tool input quote another usage, and stand before its usage on the line.",
    'readers that take the first "usage" or "output_tokens" of a line by a pattern',
    (w) => {
      const r = w.response();
      const q = foreign(w);
      const content = [
        text(`It says "usage":${JSON.stringify(usage(q))} there.`),
        toolUse("Write", { usage: usage(q), model: q.model }),
      ];
      const { usage: own, ...rest } = message(r, { content });
      return { responses: [r], files: { [main(w.session)]: [{ ...line(r), message: { ...rest, usage: own } }] } };
    },
  ),
  trap(
    "quoted-usage-after-the-true-one",
    "A response's line has its usage first and then a tool input that quotes another message.",
    "readers that take the last match of a pattern on the line",
    (w) => {
      const r = w.response();
      const q = foreign(w);
      const { content: _, ...rest } = message(r);
      const content = [toolUse("Write", { id: q.id, model: q.model, usage: usage(q), requestId: q.request })];
      return { responses: [r], files: { [main(w.session)]: [{ ...line(r), message: { ...rest, content } }] } };
    },
  ),
  among(
    "transcript-in-a-result-as-text",
    "A tool read a transcript: whole lines of another session stand, escaped, in the result's text.",
    "issue 3: a transcript quoted in a result; agents that work on usage readers do it daily",
    (w, q) => [
      toolResult(w, `1\t${JSON.stringify(line(q))}\n2\t${JSON.stringify(line(q))}`, {
        toolUseResult: { stdout: JSON.stringify(line(q)) },
      }),
    ],
  ),
  among(
    "transcript-in-a-result-as-objects",
    "A tool answered with a transcript as JSON: objects of type assistant stand in a user line's content.",
    "issue 3: a transcript quoted in a result as objects",
    (w, q) => [user(w, [line(q), { tool_use_id: "toolu_01Trap", type: "tool_result", content: [line(q)] }])],
  ),
  among(
    "transcript-in-a-tool-use-result",
    "The structured result of a tool is itself a line of a transcript.",
    "readers that search objects at any depth for message.usage",
    (w, q) => [toolResult(w, "ok", { toolUseResult: line(q) })],
  ),
  among(
    "queued-prompt-quotes-usage",
    "A prompt that was queued holds a line of a transcript, in the queue-operation line and in last-prompt.",
    "facts §5: queue-operation and last-prompt hold what was typed or pasted",
    (w, q) => [
      {
        type: "queue-operation",
        operation: "enqueue",
        timestamp: q.at,
        sessionId: w.session,
        content: JSON.stringify(line(q)),
      },
      { type: "last-prompt", lastPrompt: JSON.stringify(line(q)), leafUuid: w.uuid(), sessionId: w.session },
    ],
  ),
  among(
    "attachment-quotes-a-transcript",
    "A file that was attached to a prompt is a transcript; a second attachment holds it parsed.",
    "facts §5: attachment lines hold file contents",
    (w, q) =>
      [JSON.stringify(line(q)), line(q)].map((content) => ({
        parentUuid: null,
        isSidechain: false,
        attachment: {
          type: "file",
          filename: "/home/dev/work/x/a.jsonl",
          content: { type: "text", file: { content } },
        },
        type: "attachment",
        uuid: w.uuid(),
        timestamp: q.at,
        ...place(w.session),
      })),
  ),
  among(
    "request-blob-holds-a-message",
    "The lines that keep a request's parts hold an earlier answer as a message with its usage.",
    "facts §5: api-request-blob",
    (w, q) => [
      { type: "api-request-blob", sessionId: w.session, hash: "00ff", message: message(q) },
      {
        type: "api-request",
        sessionId: w.session,
        id: w.uuid(),
        timestamp: q.at,
        requestId: q.request,
        usage: usage(q),
        params: { model: q.model },
      },
    ],
  ),
  among(
    "cost-state-is-a-sum",
    "At its end a session writes its cumulative totals per model; they are a sum of what is counted, not more usage.",
    "facts §5: cost-state; a fork starts from its parent's total",
    (w, q) => [
      {
        type: "cost-state",
        sessionId: w.session,
        totalCostUSD: 1.5,
        modelUsage: {
          [q.model]: {
            inputTokens: q.input,
            outputTokens: q.output,
            cacheReadInputTokens: q.read,
            cacheCreationInputTokens: q.write5m,
            costUSD: 1.5,
          },
        },
        usage: usage(q),
      },
    ],
  ),
  among(
    "compaction-and-its-summary",
    "A conversation was compacted: boundary and summary lines speak of tokens and of an answer's usage.",
    "facts §5: compact_boundary holds preTokens and postTokens, which are not usage",
    (w, q) => [
      {
        parentUuid: null,
        isSidechain: false,
        type: "system",
        subtype: "compact_boundary",
        content: "Conversation compacted",
        compactMetadata: { trigger: "auto", preTokens: 155_000, postTokens: 3037, usage: usage(q) },
        uuid: w.uuid(),
        timestamp: q.at,
        ...place(w.session),
      },
      user(w, `Summary: the last answer had ${JSON.stringify(usage(q))}.`, {
        isCompactSummary: true,
        isVisibleInTranscriptOnly: true,
      }),
      { type: "summary", summary: JSON.stringify(line(q)), leafUuid: w.uuid() },
    ],
  ),
  among(
    "synthetic-error-message",
    "The program itself wrote errors as answers of the model <synthetic>; they are no responses and no model.",
    "Claude Code writes them with no request, all counts zero, isApiErrorMessage",
    (w) =>
      [1, 2].map(() => {
        const error = { ...w.response(), id: w.uuid(), model: "<synthetic>", input: 0, output: 0, write5m: 0, read: 0 };
        return line(error, { requestId: undefined, isApiErrorMessage: true, error: "server_error" });
      }),
  ),
  among(
    "api-error-under-the-model-s-name",
    "A failed request was written under the model's own name with the counts of the attempt before, marked as an error.",
    "issue 3: isApiErrorMessage lines are not responses; with counts they were not seen in recorded transcripts",
    (w, q) => [
      line({ ...q, session: w.session }, { isApiErrorMessage: true }, { content: [text("API Error: 529 Overloaded")] }),
    ],
  ),
  among(
    "progress-that-is-no-answer",
    "Progress lines of hooks, of shells and of a subagent's tool result quote usage.",
    "only agent_progress with an assistant's message is an answer",
    (w, q) =>
      [
        { type: "hook_progress", hookEvent: "PostToolUse", message: { type: "assistant", message: message(q) } },
        { type: "bash_progress", output: JSON.stringify(line(q)), usage: usage(q) },
        {
          type: "agent_progress",
          agentId: w.agent(),
          message: { type: "user", message: { ...message(q), role: "user" }, uuid: q.uuid },
        },
      ].map((data) => ({
        parentUuid: null,
        isSidechain: false,
        type: "progress",
        data,
        toolUseID: "toolu_01Trap",
        uuid: w.uuid(),
        timestamp: q.at,
        ...place(w.session),
      })),
  ),
];
