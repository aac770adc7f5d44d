import { jsonl, main, trap } from "./design.ts";
import { type Json, line, type Response, text, type World } from "./world.ts";

type Three = readonly [Response, Response, Response];
const bytes = (...parts: (string | readonly number[])[]): Uint8Array =>
  Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : Buffer.from(part))));

/** Three responses in one damaged file. */
function three(
  name: string,
  meaning: string,
  why: string,
  file: (lines: readonly [string, string, string], w: World, all: Three) => string | Uint8Array,
) {
  return trap(name, meaning, why, (w) => {
    const all: Three = [w.response(), w.response(), w.response()];
    const [a, b, c] = all;
    return {
      responses: all,
      files: { [main(w.session)]: file([jsonl([line(a)]), jsonl([line(b)]), jsonl([line(c)])], w, all) },
    };
  });
}

/** Files in the condition in which editors, crashes and other systems leave them. */
export const damaged = [
  three(
    "byte-order-mark",
    "An editor on Windows put a byte order mark before the first line.",
    "issue 3: BOM; the first line is no JSON with it",
    (l) => bytes([0xef, 0xbb, 0xbf], ...l),
  ),
  three("carriage-returns", "The lines end with CR LF.", "issue 3: CRLF; files synchronised between systems", (l) =>
    l.join("").replaceAll("\n", "\r\n"),
  ),
  three(
    "blank-lines",
    "Blank lines and lines of spaces stand between the lines, at the start and at the end.",
    "ccusage#1722: a line that does not parse must not stop the file",
    (l) => `\n${l[0]}\n   \n${l[1]}\t\n${l[2]}\n\n`,
  ),
  three(
    "nul-bytes-after-a-crash",
    "A crash of the machine left a block of NUL bytes before the next line and a line of nothing else.",
    "issue 3: NULs; ext4 and XFS leave such blocks",
    (l) => bytes(l[0], Array<number>(64).fill(0), "\n", l[1], Array<number>(300).fill(0), l[2]),
  ),
  three(
    "invalid-utf8",
    "A field beside the usage holds bytes that are not UTF-8: a cut character, a lone continuation, Latin-1.",
    "issue 3: invalid UTF-8; readers that decode strictly drop the file",
    (_, w, [a, b, c]) => {
      const [before, after] = JSON.stringify(line(b, {}, { content: [text("@@")] })).split("@@");
      return bytes(
        jsonl([line(a)]),
        before ?? "",
        [0xc3, 0x28, 0x80, 0xe9, 0xf0, 0x9f],
        after ?? "",
        "\n",
        jsonl([line(c)]),
        w.uuid().slice(0, 0),
      );
    },
  ),
  three(
    "lone-surrogates",
    "A tool cut a text in the middle of an emoji: the line holds half of an escaped surrogate pair.",
    "JSON.stringify writes \\ud83d; strict parsers refuse the whole line (ccusage#1722)",
    (_, __, [a, b, c]) =>
      jsonl([
        line(a),
        JSON.stringify(line(b, {}, { content: [text("@@")] })).replace("@@", String.raw`cut \ud83d here`),
        line(c),
      ]),
  ),
  three(
    "unicode-line-separators",
    "Texts hold U+2028, U+2029, U+0085 and form feeds as they are; only LF ends a line.",
    "readers that split by Unicode's idea of lines tear them",
    (_, __, [a, b, c]) =>
      jsonl([
        line(a),
        line(b, {}, { content: [text("one\u2028two\u2029three\u0085four")] }),
        line(c, { cwd: "/home/dev/\u2028" }),
      ]),
  ),
  three(
    "half-a-line-at-the-end",
    "The program is writing: the last line is cut in the middle of its JSON, and is the partial copy of a known response.",
    "issue 3: a last line without newline waits for its rest",
    (l) => `${l.join("")}${l[2].slice(0, 300)}`,
  ),
  three(
    "last-line-without-newline",
    "The last line is whole JSON but its newline is missing; it was answered and paid for.",
    "a crash between two writes; a reader that waits for the newline must say so in the end",
    (l) => l.join("").trimEnd(),
  ),
  three(
    "torn-line-in-the-middle",
    "A crash left half a line in the middle; the lines before and after it are whole.",
    "ccusage#1722: lines silently dropped",
    (l) => `${l[0]}${l[1].slice(0, 200)}\n${l[1]}${l[2]}`,
  ),
  three(
    "lines-that-are-no-objects",
    "Lines hold a number, a string, an array, true and null.",
    "issue 3: none loses a neighbour; null is what breaks readers that ask for a field",
    (l) => `null\n${l[0]}[]\n"usage"\n[{"type":"assistant","usage":{}}]\n${l[1]}17\ntrue\nnull\n${l[2]}`,
  ),
  three(
    "text-that-is-no-json",
    "A merge tool left its marks and a shell its error in the file.",
    "dotfiles kept in git: conflict marks",
    (l) => `<<<<<<< HEAD\n${l[0]}=======\n${l[1]}>>>>>>> other "usage":{"input_tokens":5}\n${l[2]}`,
  ),
  three(
    "deep-nesting",
    "A tool's input is nested 2000 deep.",
    "parsers with a limit of depth (serde: 128) refuse the line",
    (_, __, [a, b, c]) => {
      const input = `${'{"a":'.repeat(2000)}1${"}".repeat(2000)}`;
      const deep = JSON.stringify(
        line(b, {}, { content: [{ type: "tool_use", id: "toolu_01Trap", name: "Write", input: "@@" }] }),
      );
      return jsonl([line(a), deep.replace('"@@"', input), line(c)]);
    },
  ),
  trap(
    "crash-glued-two-lines",
    "A crash cut a line short without a newline and the next program appended to it: the cut response is lost, its copy in a fork is not.",
    "issue 3: none loses a neighbour",
    (w) => {
      const session = w.sessionOf("0-torn");
      const [a, b, c] = [w.response({ session }), w.response({ session }), w.response({ session })];
      const fork = w.sessionOf("f-fork");
      const copy: Json = line(b, { sessionId: fork, forkedFrom: { sessionId: session, messageUuid: b.uuid } });
      const torn = `${jsonl([line(a)])}${jsonl([line(b)]).slice(0, 250)}${jsonl([line(b)])}${jsonl([line(c)])}`;
      return { responses: [a, b, c], files: { [main(session)]: torn, [main(fork)]: [copy] } };
    },
  ),
];
