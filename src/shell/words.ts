/** A simple command of a shell text. */
export interface ShellCommand {
  /** The words with quotes removed and nothing expanded, without redirections. */
  readonly words: readonly string[];
  /** The here-document that it reads; null if there is none. */
  readonly input: string | null;
}

/**
 * The simple commands of a POSIX shell text. The commands of a substitution come before the command that contains it.
 * Parses lists, subshells, substitutions, quotes, here-documents and comments by POSIX.1-2024, 2.3 to 2.10, with
 * extensions of bash and zsh; never runs or expands anything. Takes linear time: each character is read once per level
 * of backquotes around it.
 */
export function commandsIn(text: string): ShellCommand[] {
  const shared: SharedState = { found: [], steps: MAX_STEPS };
  new ShellReader(text, shared, 0).commands(null);
  return shared.found;
}

/** Limits on nesting, and on words, quotes and operators; no hand-written command exceeds them. */
const MAX_DEPTH = 100;
const MAX_STEPS = 50_000;
/** Characters kept of a substitution. */
const MAX_SUBSTITUTION = 200;
/** Characters without a special meaning in a word, and in double quotes. */
const PLAIN = /[^ \t\r\n'"\\$`;&|()<>#]+/y;
const PLAIN_QUOTED = /[^"\\$`]+/y;
const REDIRECTION = /^(<<<|<<-|<<|<[>&]|<|&>>|&>|>[>&|]|>)/;
const TABS = /\t*/y;
const PLAIN_BRACED = /[^}'"\\$`]+/y;

interface SimpleCommand {
  words: string[];
  input: string | null;
}

/** State shared by all readers of one text: the commands found and the number of steps left. */
interface SharedState {
  readonly found: SimpleCommand[];
  steps: number;
}

interface HereDocument {
  readonly command: SimpleCommand;
  readonly tabs: boolean;
  end: string;
  /** A quoted delimiter disables expansion in the text. */
  quoted: boolean;
}

class PendingCommand {
  word: string | null = null;
  /** Open case statements, whose patterns end with a parenthesis. */
  cases = 0;
  private command: SimpleCommand = { words: [], input: null };
  private quoted = false;
  private readonly waiting: HereDocument[];
  /** The meaning of the next word: an argument, the target of a redirection, or the delimiter of a here-document. */
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

  endCommand(found: SimpleCommand[]): void {
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
    // A number directly before the operator is a file descriptor.
    if (this.word !== null && !this.quoted && /^\d{1,2}$/.test(this.word)) this.word = null;
    this.endWord();
    this.next = hereDocument
      ? { command: this.command, tabs: hereDocument === "tabs", end: "", quoted: false }
      : "target";
  }
}

class ShellReader {
  private readonly text: string;
  private readonly shared: SharedState;
  private readonly waiting: HereDocument[] = [];
  private depth: number;
  private at = 0;

  constructor(text: string, shared: SharedState, depth: number) {
    this.text = text;
    this.shared = shared;
    this.depth = depth;
  }

  /** Reads commands up to the closing parenthesis or the end. */
  commands(closing: ")" | null, kind: "commands" | "arithmetic" | "words" = "commands"): void {
    if (!this.enterLevel()) return;
    const line = new PendingCommand(this.waiting);
    const found = kind === "words" ? [] : this.shared.found;
    while (this.hasMore()) {
      const plain = this.readMatching(PLAIN);
      if (plain !== "") line.add(plain);
      const char = this.text[this.at] ?? "\n";
      const two = this.text.slice(this.at, this.at + 2);
      if (char === " " || char === "\t" || char === "\r") {
        line.endWord();
        this.at++;
      } else if (two === "<(" || two === ">(") line.add(this.expansion());
      else if (char === "<" || char === ">" || two === "&>") {
        line.redirect(this.redirection(kind === "arithmetic"));
      } else if (char === "(") {
        // name=( ... ) and @( ... ) contain words and patterns, not commands.
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

  /** Reads a part of a word that begins with a special character. */
  private wordPart(line: PendingCommand, char: string, two: string): void {
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
    } else if (two === "$'") line.add(this.readEscaped(), true);
    else line.add(this.expansion());
  }

  /** Reads a redirection operator and returns the kind of its here-document, or null. */
  private redirection(shifts: boolean): "tabs" | "plain" | null {
    const sign = REDIRECTION.exec(this.text.slice(this.at, this.at + 3))?.[0] ?? "";
    this.at += sign.length;
    if (shifts || !/^<<-?$/.test(sign)) return null;
    return sign === "<<" ? "plain" : "tabs";
  }

  /** Returns the text up to the closing quote or the end, and reads the commands in its substitutions. */
  expansions(closing: '"' | null): string {
    if (!this.enterLevel()) return "";
    let value = "";
    while (this.hasMore()) {
      value += this.readMatching(PLAIN_QUOTED);
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

  /** Reads a substitution and returns its source text, up to MAX_SUBSTITUTION characters. */
  private expansion(): string {
    const start = this.at;
    const two = this.text.slice(start, start + 2);
    if (/^[$<>]\($/.test(two)) this.substitution();
    else if (two === "${") this.braces();
    else if (two.startsWith("`")) this.backquotes();
    else this.at++;
    return this.text.slice(start, Math.min(this.at, start + MAX_SUBSTITUTION));
  }

  /** $( ... ), <( ... ) or >( ... ) */
  private substitution(): void {
    const kind = this.text.startsWith("$((", this.at) ? "arithmetic" : "commands";
    this.at += 2;
    this.commands(")", kind);
  }

  private braces(): void {
    if (!this.enterLevel()) return;
    this.at += 2;
    while (this.hasMore()) {
      this.readMatching(PLAIN_BRACED);
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
      new ShellReader(inner, this.shared, this.depth).commands(null);
    }
    this.at = end + 1;
  }

  /** $'...': a backslash escapes the quote; escapes are not decoded. */
  private readEscaped(): string {
    this.at += 2;
    const start = this.at;
    while (this.at < this.text.length && this.text[this.at] !== "'") this.at += this.text[this.at] === "\\" ? 2 : 1;
    return this.text.slice(start, this.at++);
  }

  /** Reads the texts of pending here-documents, which begin at this line. */
  private hereDocuments(closing: ")" | null): void {
    for (const { command, tabs, end, quoted } of this.waiting.splice(0)) {
      const start = this.at;
      let stop = this.text.length;
      while (this.at < this.text.length && stop === this.text.length) {
        const line = this.at;
        const lineEnd = this.find("\n");
        if (tabs) this.readMatching(TABS);
        const from = this.at;
        const after = from + end.length;
        this.at = lineEnd + 1;
        // A delimiter of several lines never matches, so that comparing stays linear.
        if (end.includes("\n") || !this.text.startsWith(end, from)) continue;
        if (after === lineEnd || (this.text[after] === "\r" && after + 1 === lineEnd)) stop = line;
        else if (this.text[after] === closing) {
          stop = line;
          this.at = after;
        }
      }
      command.input = this.text.slice(start, stop);
      if (!quoted) new ShellReader(command.input, this.shared, this.depth).expansions(null);
    }
  }

  /** Reads the characters from here that a sticky pattern matches. */
  private readMatching(pattern: RegExp): string {
    const start = this.at;
    pattern.lastIndex = start;
    if (pattern.test(this.text)) this.at = pattern.lastIndex;
    return this.text.slice(start, this.at);
  }

  /** The next position of a character, or the end. */
  private find(char: string, from = this.at): number {
    const index = this.text.indexOf(char, from);
    return index < 0 ? this.text.length : index;
  }

  private hasMore(): boolean {
    return this.at < this.text.length && this.shared.steps-- > 0;
  }

  private enterLevel(): boolean {
    if (++this.depth <= MAX_DEPTH) return true;
    this.at = this.text.length;
    return false;
  }
}
