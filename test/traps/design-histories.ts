import { jsonl, main, trap } from "./design.ts";
import { line, lineWith, type Response, type World } from "./world.ts";

type Four = readonly [Response, Response, Response, Response];
interface Parts {
  /** The initial lines of the transcript. */
  readonly now: string;
  /** The lines that the steps in prepare.ts add later, from files in that folder. */
  readonly later: readonly string[];
  readonly count?: number;
}

/** A transcript that changes between two scans; the steps are in prepare.ts. */
function history(name: string, meaning: string, why: string, parts: (all: Four, w: World) => Parts) {
  return trap(name, meaning, why, (w) => {
    const all: Four = [w.response(), w.response(), w.response(), w.response()];
    const { now, later, count = 3 } = parts(all, w);
    const files = Object.fromEntries(later.map((text, i) => [`later/${i + 1}`, text]));
    return { responses: all.slice(0, count), files: { [main(w.session)]: now, ...files } };
  });
}

const of = (...responses: Response[]): string => jsonl(responses.map((r) => line(r)));

/** Files that grow, move, shrink and disappear. A reader with stored state counts before and after each step. */
export const histories = [
  history(
    "read-twice",
    "Nothing changes between two scans.",
    "issue 3: an incremental reader must not add what it knows",
    ([a, b, c]) => ({ now: of(a, b, c), later: [] }),
  ),
  history(
    "grows-by-half-lines",
    "A transcript grows: first by one and a half lines, then by the rest.",
    "issue 3: a last line without newline waits for its rest",
    ([a, b, c]) => {
      const rest = of(b, c);
      const cut = of(b).length + 200;
      return { now: of(a), later: [rest.slice(0, cut), rest.slice(cut)] };
    },
  ),
  history(
    "grows-in-the-middle-of-a-letter",
    "The first part of a line ends within a letter of several bytes.",
    "readers that decode each part by itself lose the line",
    ([a, b, c]) => ({ now: of(a, b), later: [jsonl([line(c, {}, { content: [{ type: "text", text: "дом" }] })])] }),
  ),
  history(
    "partial-seen-final-later",
    "A scan sees a response while it streams; its final line comes later.",
    "issue 3: a half-written response seen early is corrected when its rest comes",
    ([a, b, c]) => ({ now: of(a) + jsonl([lineWith(b, { output_tokens: 2 })]), later: [of(b, c)] }),
  ),
  history(
    "moved-between-scans",
    "The project's folder is renamed between two scans, and the session goes on.",
    "issue 3: moved files; path and offset alone count it again",
    ([a, b, c]) => ({ now: of(a, b), later: [of(c)] }),
  ),
  history(
    "copied-between-scans",
    "A fork appears later with copies of what was counted already.",
    "issue 3: one response, one fact over all files and scans",
    ([a, b, c], w) => {
      const fork = w.sessionOf("fork");
      const copies = [a, b].map((r) =>
        line(r, { sessionId: fork, uuid: w.uuid(), forkedFrom: { sessionId: r.session, messageUuid: r.uuid } }),
      );
      return { now: of(a, b, c), later: [jsonl(copies)] };
    },
  ),
  history(
    "replaced-by-a-shorter-file",
    "The file was written anew with fewer lines and one that is new; what was counted was paid for.",
    "issue 3: truncated and replaced files",
    ([a, b, c, d]) => ({ now: of(a, b, c), later: [of(a, d)], count: 4 }),
  ),
  history(
    "grown-with-an-old-time",
    "A synchronising program appends lines and sets the file's time of change back.",
    "readers whose cache goes by time of change alone",
    ([a, b, c]) => ({ now: of(a), later: [of(b, c)] }),
  ),
  history(
    "replaced-by-the-same-size",
    "Another file of the same size and time of change takes the place of the first.",
    "readers whose cache goes by size and time; the inode is another one",
    ([a, b, c]) => {
      const [now, later] = [of(a, b), of(a, c)];
      if (now.length !== later.length) throw new Error("the two files must be of one size");
      return { now, later: [later] };
    },
  ),
  history(
    "deleted-after-thirty-days",
    "Claude Code deletes the transcript; what was counted was paid for.",
    "claude-code#62476: history gone after 30 days; no peer but one keeps it",
    ([a, b, c]) => ({ now: of(a, b, c), later: [] }),
  ),
];
