import { main, sub, trap } from "./design.ts";
import { agentLine, type Json, line, lineWith, type Response, usage } from "./world.ts";

const zeros: Json = {
  input_tokens: 0,
  output_tokens: 0,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
};

/** A line copied by `/branch` or `--fork-session`: with the new session's id, and its origin. */
const forked = (r: Response, session: string, uuid: string): Json =>
  line(r, { sessionId: session, uuid, forkedFrom: { sessionId: r.session, messageUuid: r.uuid } });

/** The same response on several lines or in several files. */
export const copies = [
  trap(
    "a-line-per-block",
    "One response is written on three lines, one per content block, each repeating the whole usage.",
    "facts §5: summing lines is 47 % too much; TokenTracker#62",
    (w) => {
      const r = w.response();
      return {
        responses: [r],
        files: { [main(w.session)]: [line(r), line(r, { uuid: w.uuid() }), line(r, { uuid: w.uuid() })] },
      };
    },
  ),
  trap(
    "blocks-of-two-responses-interleave",
    "Two requests run at once and the lines of their blocks alternate in one file.",
    "facts §5: parallel requests share a transcript; readers that only compare with the line before count twice",
    (w) => {
      const [a, b] = [w.response(), w.response()];
      return {
        responses: [a, b],
        files: { [main(w.session)]: [a, b, a, b, a].map((r) => line(r, { uuid: w.uuid() })) },
      };
    },
  ),
  trap(
    "equal-counts-two-responses",
    "Two responses at the same moment have exactly the same counts; they are two all the same.",
    "readers that tell copies by time and counts lose one (ccusage#1762 is the opposite mistake)",
    (w) => {
      const a = w.response();
      const { id, request, uuid } = w.response();
      const b = { ...a, id, request, uuid };
      return { responses: [a, b], files: { [main(w.session)]: [line(a), line(b)] } };
    },
  ),
  trap(
    "resumed-into-a-new-file",
    "A resumed session begins a new file with a copy of the old one's lines under the new session's id.",
    "orca#8023: 15 times too much; ccusage#1762",
    (w) => {
      const [a, b] = [w.response(), w.response()];
      const next = { ...w.response(), session: w.sessionOf("f-resumed") };
      const first = { ...a, session: w.sessionOf("0-first") };
      const second = { ...b, session: first.session };
      return {
        responses: [first, second, next],
        files: {
          [main(first.session)]: [line(first), line(second)],
          [main(next.session)]: [
            line(first, { sessionId: next.session }),
            line(second, { sessionId: next.session }),
            line(next),
          ],
        },
        unspecified: ["bySession"],
      };
    },
  ),
  trap(
    "fork-sorts-before-its-parent",
    "A fork's file, read first because of its name, holds copies of its parent's responses; they are the parent's.",
    "facts §5: --fork-session copies lines with the same message id; forkedFrom names the true session",
    (w) => {
      const a = w.response({ session: w.sessionOf("f-parent") });
      const b = w.response({ session: w.sessionOf("0-fork") });
      return {
        responses: [a, b],
        files: { [main(a.session)]: [line(a)], [main(b.session)]: [forked(a, b.session, w.uuid()), line(b)] },
      };
    },
  ),
  trap(
    "fork-outlives-its-parent",
    "The parent's file is gone; its responses stand only in a fork, which says whose they were.",
    "facts §5: forkedFrom; Claude Code deletes transcripts after 30 days by file",
    (w) => {
      const a = w.response({ session: w.sessionOf("parent") });
      const b = w.response({ session: w.sessionOf("fork") });
      return { responses: [a, b], files: { [main(b.session)]: [forked(a, b.session, w.uuid()), line(b)] } };
    },
  ),
  ...(["0", "f"] as const).map((first) =>
    trap(
      first === "0" ? "zeroed-copy-read-first" : "zeroed-copy-read-last",
      `A copy of a message that was kept over a compaction has all four counts zeroed but not cache_creation; it is read ${first === "0" ? "first" : "last"}.`,
      "facts §5: msg_mock000092 of the recorded transcripts; neither the first nor the last copy is safe",
      (w) => {
        const session = w.sessionOf("8-original");
        const r = w.response({ session, write5m: 400, write1h: 600 });
        const fork = w.sessionOf(`${first}-fork`);
        const next = w.response({ session: fork });
        const copy = lineWith(r, zeros, { sessionId: fork, forkedFrom: { sessionId: session, messageUuid: r.uuid } });
        return { responses: [r, next], files: { [main(session)]: [line(r)], [main(fork)]: [copy, line(next)] } };
      },
    ),
  ),
  trap(
    "sidechain-replays-under-another-request",
    "A side question replays the main conversation: the same message id under another request id. It was answered once.",
    "ccusage#913, ccusage#1155",
    (w) => {
      const [a, b] = [w.response(), w.response()];
      const agent = w.agent();
      const replay = agentLine(a, agent, { requestId: w.response().request, uuid: w.uuid() });
      return {
        responses: [a, b],
        files: { [main(w.session)]: [line(a)], [sub(w.session, agent)]: [replay, agentLine(b, agent)] },
      };
    },
  ),
  trap(
    "gateway-reuses-a-message-id",
    "A gateway gives every message the same id; the request ids tell the responses apart.",
    "ccusage keys by both ids together; ccusage#985 is about gateways whose ids are not Anthropic's",
    (w) => {
      const [a, b] = [w.response({ id: "msg_proxy" }), w.response({ id: "msg_proxy" })];
      return { responses: [a, b], files: { [main(w.session)]: [line(a), line(b)] } };
    },
  ),
  trap(
    "no-request-ids",
    "A gateway sends no request id: blocks of a response share only the message id.",
    "TokenTracker#65, ccusage#985: 44 % too much",
    (w) => {
      const [a, b] = [w.response(), w.response()];
      const lines = [a, a, b, b, b].map((r) => line(r, { requestId: undefined, uuid: w.uuid() }));
      return { responses: [a, b], files: { [main(w.session)]: lines } };
    },
  ),
  trap(
    "request-id-in-one-copy-only",
    "Of three lines of one response the first has no request id, the second null, the third has it.",
    "TokenTracker#65: 27-56 % of some models' lines lack the request id",
    (w) => {
      const r = w.response();
      const lines = [undefined, null, r.request].map((requestId) => line(r, { requestId, uuid: w.uuid() }));
      return { responses: [r], files: { [main(w.session)]: lines } };
    },
  ),
  trap(
    "no-message-ids",
    "Messages without id and request: each line of another uuid is a response, a copied line with the same uuid is not.",
    "old and foreign writers; readers that need an id drop them or count the copy again",
    (w) => {
      const [a, b] = [w.response(), w.response()];
      const bare = (r: Response): Json => line(r, { requestId: undefined }, { id: undefined });
      return {
        responses: [a, b],
        files: { [main(w.session)]: [bare(a), bare(b)], [main(w.session, "moved")]: [bare(a)] },
      };
    },
  ),
  trap(
    "project-folder-copied",
    "The folder of a project was copied when the work moved; every line stands twice under the same session.",
    "CodexBar#646, ccusage#1762",
    (w) => {
      const [a, b] = [w.response(), w.response()];
      const lines = [line(a), line(b)];
      return { responses: [a, b], files: { [main(w.session)]: lines, [main(w.session, "y")]: lines } };
    },
  ),
  trap(
    "split-known-to-one-copy",
    "Only the second of two lines says how the cache writes divide into five minutes and an hour.",
    "facts §5: take the 5m/1h split from the record that has it",
    (w) => {
      const r = w.response({ write5m: 300, write1h: 700 });
      const bare = line(r, { uuid: w.uuid() }, { usage: usage(r, { cache_creation: undefined }) });
      return { responses: [r], files: { [main(w.session)]: [bare, line(r)] } };
    },
  ),
];
