import { main, sub, trap } from "./design.ts";
import { agentLine, HAIKU, type Json, line, message, progress, SONNET, toolResult, usage } from "./world.ts";

/** Responses of subagents, workflows and advisors. */
export const agents = [
  trap(
    "subagent-in-its-own-file",
    "A subagent's responses stand in <session>/subagents/agent-<id>.jsonl and nowhere else.",
    "ccusage#313; ccstats#85: 46 % of the cost missing",
    (w) => {
      const [a, b] = [w.response(), w.response({ model: HAIKU })];
      const agent = w.agent();
      return {
        responses: [a, b],
        files: {
          [main(w.session)]: [line(a)],
          [sub(w.session, agent)]: [agentLine(b, agent)],
          [sub(w.session, agent).replace(/\.jsonl$/, ".meta.json")]:
            '{"agentType":"general-purpose","meaning":"sub work"}',
        },
      };
    },
  ),
  trap(
    "subagent-of-a-workflow",
    "A workflow's agents write two folders deeper: <session>/subagents/workflows/<run>/agent-<id>.jsonl.",
    "facts §5 and ccusage#313: readers that look at a fixed depth miss them",
    (w) => {
      const [a, b, c] = [w.response(), w.response(), w.response()];
      const [first, second] = [w.agent("first"), w.agent("second")];
      const folder = "subagents/workflows/wf_0a1b2c3d";
      return {
        responses: [a, b, c],
        files: {
          [main(w.session)]: [line(a)],
          [sub(w.session, first, folder)]: [agentLine(b, first)],
          [sub(w.session, second, folder)]: [agentLine(c, second)],
        },
      };
    },
  ),
  trap(
    "subagent-beside-its-session",
    "The older layout: agent-<id>.jsonl lies in the project's folder and carries its parent's session id.",
    "issue 3: the layout of older versions",
    (w) => {
      const [a, b] = [w.response(), w.response()];
      const agent = w.agent();
      const path = main(`agent-${agent.slice(1, 9)}`);
      return { responses: [a, b], files: { [main(w.session)]: [line(a)], [path]: [agentLine(b, agent)] } };
    },
  ),
  trap(
    "sidechain-in-the-main-file",
    "The oldest layout: a subagent's lines stand in its session's own file, marked as sidechain.",
    "ccstats#85: readers that drop isSidechain lose real requests",
    (w) => {
      const [a, b] = [w.response(), w.response()];
      return { responses: [a, b], files: { [main(w.session)]: [line(a), line(b, { isSidechain: true })] } };
    },
  ),
  trap(
    "subagent-without-its-session",
    "Only a subagent's file is left of a session whose main file was deleted.",
    "readers that come to subagents by way of the main file miss it",
    (w) => {
      const r = w.response();
      const agent = w.agent();
      return { responses: [r], files: { [sub(w.session, agent)]: [agentLine(r, agent)] } };
    },
  ),
  trap(
    "subagent-file-of-a-fork",
    "A fork took its parent's subagent files along: the same responses stand under two sessions' folders.",
    "facts §5: copies keep the message id; readers that dedupe per session count twice",
    (w) => {
      const [a, b] = [
        w.response({ session: w.sessionOf("0-parent") }),
        w.response({ session: w.sessionOf("0-parent") }),
      ];
      const agent = w.agent();
      const fork = w.sessionOf("f-fork");
      const forkedFrom = { sessionId: a.session, messageUuid: b.uuid };
      return {
        responses: [a, b],
        files: {
          [main(a.session)]: [line(a)],
          [sub(a.session, agent)]: [agentLine(b, agent)],
          [sub(fork, agent)]: [agentLine(b, agent, { sessionId: fork, forkedFrom })],
        },
      };
    },
  ),
  trap(
    "main-and-subagent-share-a-message",
    "A subagent's file begins with a replay of the main conversation's last response, and sorts before the main file.",
    "ccusage#1155; the main line's identity is the true one",
    (w) => {
      const session = w.sessionOf("8-main");
      const [a, b] = [w.response({ session }), w.response({ session })];
      const agent = w.agent();
      const other = w.sessionOf("0-replay");
      return {
        responses: [a, { ...b, session: other }],
        files: {
          [main(session)]: [line(a)],
          [sub(other, agent)]: [
            agentLine(a, agent, { sessionId: other, uuid: w.uuid(), timestamp: "2026-11-05T12:00:00.000Z" }),
            agentLine(b, agent, { sessionId: other }),
          ],
        },
      };
    },
  ),
  trap(
    "answer-only-in-a-progress-line",
    "A subagent's answer stands nowhere but in the agent_progress line of its parent's file.",
    "Claude Code 2.1.12 to 2.1.30; ccusage#1155 reads such lines",
    (w) => {
      const [a, b] = [w.response(), w.response({ model: HAIKU })];
      return { responses: [a, b], files: { [main(w.session)]: [line(a), progress(b, w.agent(), w.uuid())] } };
    },
  ),
  trap(
    "answer-in-progress-and-in-its-file",
    "A subagent's answer stands in its own file and, twice, in progress lines of its parent.",
    "Claude Code 2.1.12 to 2.1.30; readers that know both places count thrice",
    (w) => {
      const [a, b] = [w.response(), w.response()];
      const agent = w.agent();
      return {
        responses: [a, b],
        files: {
          [main(w.session)]: [line(a), progress(b, agent, w.uuid()), progress(b, agent, w.uuid())],
          [sub(w.session, agent)]: [agentLine(b, agent)],
        },
      };
    },
  ),
  trap(
    "partial-in-a-progress-line",
    "The progress line caught a subagent's answer while it streamed; its file has the whole.",
    "ccusage#901 in another place: the parent's file is read before the subagent's",
    (w) => {
      const [a, b] = [w.response(), w.response()];
      const agent = w.agent();
      const data = {
        message: {
          type: "assistant",
          timestamp: b.at,
          message: message(b, { usage: usage(b, { output_tokens: 2 }) }),
          requestId: b.request,
          uuid: b.uuid,
        },
      };
      return {
        responses: [a, b],
        files: {
          [main(w.session)]: [line(a), progress(b, agent, w.uuid(), data)],
          [sub(w.session, agent)]: [agentLine(b, agent)],
        },
      };
    },
  ),
  trap(
    "sum-in-the-result-of-a-task",
    "The result that a subagent hands to its parent says its last usage and total; its responses are already counted.",
    "the results of Claude Code's Task tool have toolUseResult.usage; readers that search for any usage count it again",
    (w) => {
      const [a, b] = [w.response(), w.response()];
      const agent = w.agent();
      const toolUseResult = {
        status: "completed",
        agentId: agent,
        totalTokens: 30_000,
        totalToolUseCount: 1,
        usage: usage(b),
      };
      return {
        responses: [a, b],
        files: {
          [main(w.session)]: [line(a), toolResult(w, [{ type: "text", text: "Found." }], { toolUseResult })],
          [sub(w.session, agent)]: [agentLine(b, agent)],
        },
      };
    },
  ),
  trap(
    "advisor-in-the-iterations",
    "A stronger model advised during a response: usage.iterations has its counts, which the top level leaves out; it counts as a response of its own.",
    "ccusage#1115, codeburn#659; Claude Code adds each advisor_message to its costs under its own model",
    (w) => {
      const r = w.response({ model: HAIKU, input: 20, output: 500, write5m: 900, read: 40_000 });
      const advice = {
        ...w.response({ model: SONNET, input: 15_000, output: 780, write5m: 0, read: 0 }),
        at: r.at,
        request: r.request,
      };
      const half: Json = {
        input_tokens: 10,
        output_tokens: 250,
        cache_creation_input_tokens: 450,
        cache_read_input_tokens: 20_000,
      };
      const iterations: Json[] = [
        { type: "message", ...half },
        {
          type: "advisor_message",
          model: advice.model,
          input_tokens: 15_000,
          output_tokens: 780,
          cache_creation_input_tokens: 0,
          cache_read_input_tokens: 0,
        },
        { type: "message", ...half },
      ];
      const whole = (uuid: string): Json =>
        line(r, { uuid, advisorModel: advice.model }, { usage: usage(r, { iterations }) });
      return {
        responses: [r, advice],
        files: { [main(w.session)]: [whole(r.uuid), whole(w.uuid())] },
        costMicros: 64_345,
      };
    },
  ),
];
