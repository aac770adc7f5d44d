import { main, sub, trap } from "./design.ts";
import { agentLine, type Json, line, type Response, user } from "./world.ts";

/** A line copied by `--fork-session` of 2.1.332: with the fork's id, and the session that requested it. */
const asked = (r: Response, session: string, uuid: string, special: Json = {}): Json =>
  line(r, { sessionId: session, uuid, requestSessionId: r.session, ...special });

const SEEN =
  "2.1.332: copies of --fork-session have requestSessionId and no forkedFrom; the parent's tokens went to the fork";

/** Copies by `--fork-session`, and ids of one or several responses. */
export const forks = [
  trap(
    "fork-names-the-session-that-asked",
    "A fork's file, read first because of its name, says of each copied response which session asked for it.",
    SEEN,
    (w) => {
      const [a, b] = [0, 1].map(() => w.response({ session: w.sessionOf("f-parent") })) as [Response, Response];
      const c = w.response({ session: w.sessionOf("0-fork") });
      const prompt = (session: string): Json => user(w, "Go on.", { sessionId: session });
      return {
        responses: [a, b, c],
        files: {
          [main(a.session)]: [prompt(a.session), line(a), line(b)],
          [main(c.session)]: [
            asked(a, c.session, a.uuid),
            asked(b, c.session, b.uuid),
            prompt(c.session),
            line(c, { requestSessionId: c.session }),
          ],
        },
      };
    },
  ),
  trap(
    "fork-of-a-fork",
    "A fork was forked again before it said anything of its own: its copies name two sessions, and sort between them.",
    SEEN,
    (w) => {
      const a = w.response({ session: w.sessionOf("f-first") });
      const b = w.response({ session: w.sessionOf("0-second") });
      const c = w.response({ session: w.sessionOf("8-third") });
      return {
        responses: [a, b, c],
        files: {
          [main(a.session)]: [line(a)],
          [main(b.session)]: [asked(a, b.session, a.uuid), line(b)],
          [main(c.session)]: [asked(a, c.session, a.uuid), asked(b, c.session, b.uuid), line(c)],
        },
      };
    },
  ),
  trap(
    "asking-session-outlives-its-file",
    "The parent's file is gone; its responses stand only in a fork, whose lines name the session that asked.",
    `${SEEN}; Claude Code deletes transcripts after 30 days by file`,
    (w) => {
      const a = w.response({ session: w.sessionOf("f-parent") });
      const b = w.response({ session: w.sessionOf("0-fork") });
      return { responses: [a, b], files: { [main(b.session)]: [asked(a, b.session, a.uuid), line(b)] } };
    },
  ),
  trap(
    "fork-marks-both-ways",
    "Copied lines say both where they were copied from, a fork, and which session asked, its parent.",
    "the two marks were written by different versions; a file may have passed through both",
    (w) => {
      const a = w.response({ session: w.sessionOf("f-first") });
      const b = w.response({ session: w.sessionOf("0-second") });
      const forkedFrom = { sessionId: w.sessionOf("8-between"), messageUuid: a.uuid };
      const copy = asked(a, b.session, a.uuid, { forkedFrom });
      return { responses: [a, b], files: { [main(a.session)]: [line(a)], [main(b.session)]: [copy, line(b)] } };
    },
  ),
  trap(
    "gateway-reuses-its-id-in-subagents",
    "A gateway gives every message the same id, those of a subagent too; no two requests are one response.",
    "gateways that answer every request with one id: only the main thread's requests were told apart",
    (w) => {
      const [a, b, c, d] = [0, 1, 2, 3].map(() => w.response({ id: "msg_proxy" })) as [Response, ...Response[]];
      const agent = w.agent();
      const own = [c, d].map((r) => agentLine(r as Response, agent));
      return {
        responses: [a, b, c, d] as Response[],
        files: { [main(w.session)]: [line(a), line(b as Response)], [sub(w.session, agent)]: own },
      };
    },
  ),
  trap(
    "side-question-replays-with-other-counts",
    "A side question replays an answer of the main thread under another request id and with larger counts: one id is one answer.",
    "ccusage#913: the replay's counts are those of the side question's own cache",
    (w) => {
      const [a, b] = [w.response(), w.response()];
      const agent = w.agent();
      const replay = { ...a, request: w.response().request, input: 9_000, output: 4_000, read: 70_000 };
      return {
        responses: [a, b],
        files: {
          [main(w.session)]: [line(a)],
          [sub(w.session, agent)]: [agentLine(replay, agent), agentLine(b, agent)],
        },
      };
    },
  ),
];
