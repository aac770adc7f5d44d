/** One simple command of a shell text. */
export interface ShellCommand {
  /** Its words with quotes taken away and nothing expanded; redirections are none of them. */
  readonly words: readonly string[];
  /** The here-document that it reads, null when there is none. */
  readonly input: string | null;
}

/**
 * The simple commands of a POSIX shell text, those of substitutions before the one that holds them. Reads chains,
 * subshells, substitutions, quotes, here-documents and comments as POSIX.1-2024, 2.3 to 2.10, with what bash and zsh add;
 * never runs or expands anything. Each character is read once for each level of backquotes around it, in linear time.
 */
export function commandsIn(text: string): ShellCommand[] {
  const work: Work = { found: [], steps: MOST_STEPS };
  new Reader(text, work, 0).commands(null);
  return work.found;
}

/** Nesting, and words, quotes and signs, beyond which a text is no command that somebody wrote: the rest is left unread. */
const DEEPEST = 100;
const MOST_STEPS = 50_000;
/** Characters that are kept of a substitution. */
const LONGEST = 200;
/** Characters that mean nothing but themselves, in a word and between double quotes. */
const PLAIN = /[^ \t\r\n'"\\$`;&|()<>#]+/y;
const PLAIN_QUOTED = /[^"\\$`]+/y;
const SIGN = /^(<<<|<<-|<<|<[>&]|<|&>>|&>|>[>&|]|>)/;
const TABS = /\t*/y;
const PLAIN_BRACED = /[^}'"\\$`]+/y;

interface Command {
  words: string[];
  input: string | null;
}

/** What all readers of one text share: what was found, and how many steps are left. */
interface Work {
  readonly found: Command[];
  steps: number;
}

interface HereDocument {
  readonly command: Command;
  readonly tabs: boolean;
  end: string;
  /** Nothing is expanded in the text of one whose end is quoted. */
  quoted: boolean;
}

/** The command that is being read. */
class Line {
  word: string | null = null;
  /** Open case statements, whose patterns end in a parenthesis. */
  cases = 0;
  private command: Command = { words: [], input: null };
  private quoted = false;
  private readonly waiting: HereDocument[];
  /** What the next word is: an argument, the target of a redirection, the end of a here-document. */
  private next: "argument" | "target" | HereDocument = "argument";

  constructor(waiting: HereDocument[]) {
    this.waiting = waiting;
  }

  add(part: string, quoted = false): void {
    this.word = (this.word ?? "") + part;
    this.quoted ||= quoted;
  }

  endWord(): void {
    const { word, next, quoted } = this;
    if (word === null) return;
    this.word = null;
    this.quoted = false;
    this.next = "argument";
    if (typeof next === "object") this.waiting.push(Object.assign(next, { end: word, quoted }));
    else if (next === "argument") this.command.words.push(word);
  }

  endCommand(found: Command[]): void {
    this.endWord();
    const { command } = this;
    this.next = "argument";
    if (command.words.length === 0) return;
    if (command.words[0] === "case") this.cases++;
    if (command.words[0] === "esac") this.cases--;
    this.command = { words: [], input: null };
    found.push(command);
  }

  redirect(hereDocument: "tabs" | "plain" | null): void {
    // A number right before it is a file descriptor.
    if (this.word !== null && !this.quoted && /^\d{1,2}$/.test(this.word)) this.word = null;
    this.endWord();
    this.next = hereDocument
      ? { command: this.command, tabs: hereDocument === "tabs", end: "", quoted: false }
      : "target";
  }
}

class Reader {
  private readonly text: string;
  private readonly work: Work;
  private readonly waiting: HereDocument[] = [];
  private depth: number;
  private at = 0;

  constructor(text: string, work: Work, depth: number) {
    this.text = text;
    this.work = work;
    this.depth = depth;
  }

  /** Reads commands up to the closing parenthesis, or up to the end. */
  commands(closing: ")" | null, kind: "commands" | "arithmetic" | "words" = "commands"): void {
    if (!this.enter()) return;
    const line = new Line(this.waiting);
    const found = kind === "words" ? [] : this.work.found;
    while (this.more()) {
      const run = this.run(PLAIN);
      if (run !== "") line.add(run);
      const char = this.text[this.at] ?? "\n";
      const two = this.text.slice(this.at, this.at + 2);
      if (char === " " || char === "\t" || char === "\r") {
        line.endWord();
        this.at++;
      } else if (two === "<(" || two === ">(") line.add(this.expansion());
      else if (char === "<" || char === ">" || two === "&>") {
        line.redirect(this.redirection(kind === "arithmetic"));
      } else if (char === "(") {
        // name=( ... ) and @( ... ) hold words and patterns, no commands.
        const part = /[=@?*+]/.test(line.word?.at(-1) ?? "");
        if (!part) line.endCommand(found);
        const nested = two === "((" || kind === "arithmetic" ? "arithmetic" : "commands";
        this.at++;
        this.commands(")", part ? "words" : nested);
      } else if (";|&)\n".includes(char)) {
        line.endCommand(found);
        this.at++;
        if (char === "\n") this.hereDocuments(closing);
        if (char === ")" && closing === ")" && line.cases <= 0) break;
      } else if (char === "#" && line.word === null) this.at = this.find("\n");
      else this.wordPart(line, char, two);
    }
    line.endCommand(found);
    this.depth--;
  }

  /** A part of a word that is more than plain characters. */
  private wordPart(line: Line, char: string, two: string): void {
    if (char === "'") {
      const end = this.find("'", this.at + 1);
      line.add(this.text.slice(this.at + 1, end), true);
      this.at = end + 1;
    } else if (char === '"' || two === '$"') {
      this.at += char === '"' ? 1 : 2;
      line.add(this.expansions('"'), true);
    } else if (char === "\\") {
      if (two !== "\\\n") line.add(two.slice(1), true);
      this.at += 2;
    } else if (two === "$'") line.add(this.escaped(), true);
    else line.add(this.expansion());
  }

  /** Takes a redirection's sign: which kind of here-document it is, or none. */
  private redirection(shifts: boolean): "tabs" | "plain" | null {
    const sign = SIGN.exec(this.text.slice(this.at, this.at + 3))?.[0] ?? "";
    this.at += sign.length;
    if (shifts || !/^<<-?$/.test(sign)) return null;
    return sign === "<<" ? "plain" : "tabs";
  }

  /** The text up to a closing quote, or up to the end; what it substitutes is read for commands. */
  expansions(closing: '"' | null): string {
    if (!this.enter()) return "";
    let value = "";
    while (this.more()) {
      value += this.run(PLAIN_QUOTED);
      const char = this.text[this.at];
      if (char === "\\") {
        const escaped = this.text[this.at + 1] ?? "";
        value += escaped === "\n" ? "" : '$`"\\'.includes(escaped) ? escaped : `\\${escaped}`;
        this.at += 2;
      } else if (char === '"') {
        this.at++;
        if (closing) break;
        value += char;
      } else if (char !== undefined) value += this.expansion();
    }
    this.depth--;
    return value;
  }

  /** What is substituted here, as it is written, or the beginning of it. */
  private expansion(): string {
    const start = this.at;
    const two = this.text.slice(start, start + 2);
    if (/^[$<>]\($/.test(two)) this.substitution();
    else if (two === "${") this.braces();
    else if (two.startsWith("`")) this.backquotes();
    else this.at++;
    return this.text.slice(start, Math.min(this.at, start + LONGEST));
  }

  /** $( ... ), <( ... ) or >( ... ) */
  private substitution(): void {
    const kind = this.text.startsWith("$((", this.at) ? "arithmetic" : "commands";
    this.at += 2;
    this.commands(")", kind);
  }

  private braces(): void {
    if (!this.enter()) return;
    this.at += 2;
    while (this.more()) {
      this.run(PLAIN_BRACED);
      const char = this.text[this.at];
      if (char === "$" || char === "`") this.expansion();
      else {
        this.at += char === "\\" ? 2 : 1;
        if (char === "}") break;
        if (char === '"') this.expansions('"');
      }
    }
    this.depth--;
  }

  private backquotes(): void {
    let end = this.at;
    for (let escaped = true; escaped && end < this.text.length;) {
      end = this.find("`", end + 1);
      let slashes = 0;
      while (this.text[end - 1 - slashes] === "\\") slashes++;
      escaped = slashes % 2 === 1;
    }
    if (end < this.text.length) {
      const inner = this.text.slice(this.at + 1, end).replace(/\\([`\\$])/g, "$1");
      new Reader(inner, this.work, this.depth).commands(null);
    }
    this.at = end + 1;
  }

  /** $'...', in which a backslash escapes the quote; what it escapes is left as it is. */
  private escaped(): string {
    this.at += 2;
    const start = this.at;
    while (this.at < this.text.length && this.text[this.at] !== "'") this.at += this.text[this.at] === "\\" ? 2 : 1;
    return this.text.slice(start, this.at++);
  }

  /** Takes the texts of the here-documents that wait; they begin on the line that begins here. */
  private hereDocuments(closing: ")" | null): void {
    for (const { command, tabs, end, quoted } of this.waiting.splice(0)) {
      const start = this.at;
      let stop = this.text.length;
      while (this.at < this.text.length && stop === this.text.length) {
        const line = this.at;
        const lineEnd = this.find("\n");
        if (tabs) this.run(TABS);
        const from = this.at;
        const after = from + end.length;
        this.at = lineEnd + 1;
        // An end of several lines is never met, so that comparing stays linear.
        if (end.includes("\n") || !this.text.startsWith(end, from)) continue;
        if (after === lineEnd || (this.text[after] === "\r" && after + 1 === lineEnd)) stop = line;
        else if (this.text[after] === closing) {
          stop = line;
          this.at = after;
        }
      }
      command.input = this.text.slice(start, stop);
      if (!quoted) new Reader(command.input, this.work, this.depth).expansions(null);
    }
  }

  /** Takes the characters from here on that a sticky pattern matches. */
  private run(pattern: RegExp): string {
    const start = this.at;
    pattern.lastIndex = start;
    if (pattern.test(this.text)) this.at = pattern.lastIndex;
    return this.text.slice(start, this.at);
  }

  /** Where a character stands next, or the end. */
  private find(char: string, from = this.at): number {
    const index = this.text.indexOf(char, from);
    return index < 0 ? this.text.length : index;
  }

  private more(): boolean {
    return this.at < this.text.length && this.work.steps-- > 0;
  }

  private enter(): boolean {
    if (++this.depth <= DEEPEST) return true;
    this.at = this.text.length;
    return false;
  }
}
